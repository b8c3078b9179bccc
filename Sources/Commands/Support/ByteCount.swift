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
}
