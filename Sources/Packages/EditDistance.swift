/// How far two names are apart, to say which one was meant.
package enum EditDistance {
  /// The names most like one that does not exist, at most three.
  package static func nearest(to name: String, in candidates: some Sequence<String>) -> [String] {
    let limit = max(1, min(3, name.utf8.count / 3))
    var close: [(distance: Int, name: String)] = []
    for candidate in candidates {
      guard abs(candidate.utf8.count - name.utf8.count) <= limit else { continue }
      let distance = distance(Array(candidate.utf8), Array(name.utf8), limit: limit)
      if distance <= limit { close.append((distance, candidate)) }
    }
    return close.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }

  /// The number of bytes to insert, remove or replace, given up once it is above a limit.
  private static func distance(_ one: [UInt8], _ other: [UInt8], limit: Int) -> Int {
    var row = Array(0...other.count)
    for (i, byte) in one.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      var smallest = row[0]
      for (j, target) in other.enumerated() {
        let replaced = diagonal + (byte == target ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
        smallest = min(smallest, row[j + 1])
      }
      if smallest > limit { return smallest }
    }
    return row[other.count]
  }
}
