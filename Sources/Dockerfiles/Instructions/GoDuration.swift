/// Times as Go's `time.ParseDuration` reads them: `1h2m3.5s`, `300ms`.
enum GoDuration {
  private static let units: [(name: String, nanoseconds: Double)] = [
    ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
  ]

  /// The duration of a text; nil if it is none or longer than 292 years.
  static func parse(_ text: String) -> Duration? {
    var rest = text[...]
    let isNegative = rest.hasPrefix("-")
    if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
    if rest == "0" { return .zero }
    guard !rest.isEmpty else { return nil }
    var total = 0.0
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(number.count)
      let name = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
      rest = rest.dropFirst(name.count)
      let padded = number.hasPrefix(".") ? "0\(number)" : String(number)
      guard number != ".", let value = Double(padded.hasSuffix(".") ? padded + "0" : padded),
        let unit = units.first(where: { $0.name == name })
      else { return nil }
      total += value * unit.nanoseconds
    }
    guard total < 9.2e18 else { return nil }
    return .nanoseconds(isNegative ? -Int64(total) : Int64(total))
  }
}
