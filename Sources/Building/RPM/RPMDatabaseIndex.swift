internal import Layers
internal import SQLite

/// A table of rpm's database in which packages are found by a value of their headers.
struct RPMDatabaseIndex: Hashable, Sendable {
  /// The value.
  let tag: RPMHeader.Tag
  /// Flags beside the values, which tell what counts only while a package is installed.
  var flags: RPMHeader.Tag?

  /// The tables by their names.
  static let all: [String: RPMDatabaseIndex] = [
    "Name": Self(tag: .name), "Basenames": Self(tag: .baseNames), "Group": Self(tag: .init(rawValue: 1016)),
    "Requirename": Self(tag: .requireNames, flags: .requireFlags), "Providename": Self(tag: .init(rawValue: 1047)),
    "Conflictname": Self(tag: .init(rawValue: 1054)), "Obsoletename": Self(tag: .obsoleteNames),
    "Triggername": Self(tag: .init(rawValue: 1066)), "Dirnames": Self(tag: .directories),
    "Installtid": Self(tag: .installID), "Sigmd5": Self(tag: .installedMD5), "Sha1header": Self(tag: .sha1),
    "Filetriggername": Self(tag: .init(rawValue: 5069)), "Transfiletriggername": Self(tag: .init(rawValue: 5079)),
    "Recommendname": Self(tag: .init(rawValue: 5046)), "Suggestname": Self(tag: .init(rawValue: 5049)),
    "Supplementname": Self(tag: .init(rawValue: 5052)), "Enhancename": Self(tag: .init(rawValue: 5055)),
  ]

  /// What a requirement is for: 5 posttrans, 7 pretrans, 9 pre, 10 post, 24 rpm itself, 26 a key; and 11 preun, 12 postun.
  private static let whileInstalling = 1 << 5 | 1 << 7 | 1 << 9 | 1 << 10 | 1 << 24 | 1 << 26
  private static let whileErasing = 1 << 11 | 1 << 12

  /// The keys of a package, each with its place among the values.
  func keys(of header: RPMHeader) -> [(key: SQLiteValue, index: Int)] {
    if tag == .installID {
      // A number is kept in the byte order of the processors that matter here.
      return header.integers(tag).enumerated().map { index, number in
        (.blob((0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }), index)
      }
    }
    if let bytes = header.binary(tag) { return [(.blob(bytes), 0)] }
    let senses = flags.map { header.integers($0) } ?? []
    var seen: Set<String> = []
    let isTrigger = [1066, 5069, 5079].contains(tag.rawValue)
    return header.strings(tag).enumerated().compactMap { index, text in
      if senses.indices.contains(index), senses[index] & Self.whileInstalling != 0,
        senses[index] & Self.whileErasing == 0
      {
        return nil
      }
      if isTrigger, !seen.insert(text).inserted { return nil }
      return (.text(text), index)
    }
  }
}
