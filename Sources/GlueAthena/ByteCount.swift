/// Sizes as people read them.
enum ByteCount {
  /// A number of bytes in the largest binary unit that it fills, with one decimal, for example `1.5 MiB`.
  static func text(_ bytes: Int) -> String {
    var value = Double(max(0, bytes))
    var units = ["B", "KiB", "MiB", "GiB", "TiB"][...]
    while value >= 1024, units.count > 1 {
      value /= 1024
      units.removeFirst()
    }
    guard units.count < 5 else { return "\(bytes) B" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units.first ?? "B")"
  }
}
