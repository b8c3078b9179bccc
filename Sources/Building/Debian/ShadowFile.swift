/// The file of passwords (shadow(5)), in which programs note the day on which each was changed.
enum ShadowFile {
  /// Sets the days of last changes, the third field of a line, in days since 1970.
  ///
  /// - Parameter isReplaced: Whether a day is to be replaced; never asked for none, and for 0, which means that the password
  ///   has to be changed.
  static func redated(_ bytes: [UInt8], to day: Int, where isReplaced: (Int) -> Bool) -> [UInt8] {
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line -> [UInt8] in
      var fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map(Array.init)
      if fields.count > 2, let changed = Int(String(decoding: fields[2], as: UTF8.self)), changed != 0,
        isReplaced(changed)
      {
        fields[2] = Array(String(day).utf8)
      }
      return Array(fields.joined(separator: [UInt8(ascii: ":")]))
    }
    return Array(lines.joined(separator: [0x0A]))
  }
}
