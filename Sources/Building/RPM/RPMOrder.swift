internal import Layers
internal import Packages

/// The order in which packages are installed: each behind what it needs, as far as that goes.
///
/// In a circle, what scripts need decides; what is left is in the order of names (rpm's `lib/order.cc` does the same for other
/// reasons: it keeps the number of open circles small).
struct RPMOrder {
  /// What each package needs before it, and what of that its scripts need.
  private let needs: [[Int]]
  private let early: [[Int]]

  /// The flags of a requirement that a script has: of any, before and after installing (rpm's `rpmsenseFlags`).
  private static let ofScripts = 1 << 6 | 1 << 9 | 1 << 10

  /// The places of packages in the order of their installation.
  static func places(of headers: [RPMHeader]) throws(RPMError) -> [Int] {
    let names = headers.map { $0.string(.name) ?? "" }
    let sorted = headers.indices.sorted { (names[$0], $0) < (names[$1], $1) }
    let order = try RPMOrder(sorted.map { headers[$0] })
    return order.sequence().map { sorted[$0] }
  }

  private init(_ headers: [RPMHeader]) throws(RPMError) {
    var packages: [RPMPackage] = []
    for header in headers { packages.append(try header.installed) }
    var providers: [String: [Int]] = [:]
    for (index, package) in packages.enumerated() {
      for name in Set(package.provides.map(\.name)) { providers[name, default: []].append(index) }
      for path in package.files { providers[path, default: []].append(index) }
    }
    func found(_ relation: RPMRelation, by index: Int) -> [Int] {
      (providers[relation.name] ?? []).filter { other in
        other != index && (packages[other].provides(relation) || relation.name.hasPrefix("/"))
      }
    }
    var needs: [[Int]] = []
    var early: [[Int]] = []
    for (index, header) in headers.enumerated() {
      let relations = header.requirements
      needs.append(Set(relations.flatMap { found($0.relation, by: index) }).sorted())
      let scripts = relations.filter { $0.flags & Self.ofScripts != 0 }
      early.append(Set(scripts.flatMap { found($0.relation, by: index) }).sorted())
    }
    self.needs = needs
    self.early = early
  }

  /// The packages behind what they need: circles as a whole (Tarjan 1972), and within a circle by what scripts need.
  private func sequence() -> [Int] {
    var (numbers, lowest) = ([Int: Int](), [Int: Int]())
    var (stack, onStack) = ([Int](), Set<Int>())
    var result: [Int] = []
    // Without recursion: a chain of needs may be as long as the set.
    for start in needs.indices where numbers[start] == nil {
      var calls = [(node: start, next: 0)]
      while let (node, next) = calls.last {
        if numbers[node] == nil {
          numbers[node] = numbers.count
          lowest[node] = numbers[node]
          stack.append(node)
          onStack.insert(node)
        }
        if next < needs[node].count {
          calls[calls.count - 1].next += 1
          let other = needs[node][next]
          if numbers[other] == nil {
            calls.append((other, 0))
          } else if onStack.contains(other) {
            lowest[node] = min(lowest[node] ?? 0, numbers[other] ?? 0)
          }
          continue
        }
        calls.removeLast()
        if let parent = calls.last?.node { lowest[parent] = min(lowest[parent] ?? 0, lowest[node] ?? 0) }
        guard lowest[node] == numbers[node] else { continue }
        var circle: Set<Int> = []
        while let last = stack.popLast() {
          onStack.remove(last)
          circle.insert(last)
          if last == node { break }
        }
        result += settled(circle)
      }
    }
    return result
  }

  /// A circle by what scripts need, depth first, in the order of names.
  private func settled(_ circle: Set<Int>) -> [Int] {
    if circle.count == 1 { return Array(circle) }
    var (seen, result) = (Set<Int>(), [Int]())
    for start in circle.sorted() where seen.insert(start).inserted {
      var calls = [(node: start, next: 0)]
      while let (node, next) = calls.last {
        let others = early[node]
        guard next < others.count else {
          result.append(node)
          calls.removeLast()
          continue
        }
        calls[calls.count - 1].next += 1
        if circle.contains(others[next]), seen.insert(others[next]).inserted { calls.append((others[next], 0)) }
      }
    }
    return result
  }
}
