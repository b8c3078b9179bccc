/// Sizes as people read them, in powers of ten as registries and disks count.
enum ByteCount {
  /// For example `812 B`, `46.1 MB`.
  static func text(_ bytes: Int) -> String {
    if bytes < 1000 { return "\(bytes) B" }
    var value = bytes
    var remainder = 0
    for unit in ["kB", "MB", "GB", "TB"] {
      remainder = value % 1000
      value /= 1000
      if value < 1000 || unit == "TB" { return "\(value).\(remainder / 100) \(unit)" }
    }
    return "\(bytes) B"
  }

  /// Reads a number of bytes such as `512m` or `2g`, in powers of 1024 as Docker has it; nil for anything else.
  static func parse(_ text: String) -> Int? {
    let units: [Character: Int] = ["k": 10, "m": 20, "g": 30, "t": 40]
    var number = text.lowercased()
    if number.hasSuffix("b") { number.removeLast() }
    let shift = number.last.flatMap { units[$0] }
    if shift != nil { number.removeLast() }
    guard let value = Int(number), value > 0, value < 1 << 20 || shift == nil else { return nil }
    return value << (shift ?? 0)
  }
}
