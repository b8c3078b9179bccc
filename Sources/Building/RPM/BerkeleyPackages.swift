internal import Layers

/// The file `Packages` of rpm's databases in Berkeley DB: the number of each package and its header.
///
/// The number 0 stands for no package: it has the highest number that was given so far (rpm 4.11, `lib/rpmdb.c`, `pkgInstance`).
enum BerkeleyPackages {
  /// The files beside it that are made of it: the indexes of rpm 4.4 to 4.15.
  private static let indexes: Set<String> = [
    "Basenames", "Conflictname", "Depends", "Dirnames", "Enhancename", "Filedigests", "Filemd5s", "Filetriggername",
    "Group", "Installtid", "Name", "Obsoletename", "Providename", "Provideversion", "Pubkeys", "Recommendname",
    "Requirename", "Requireversion", "Sha1header", "Sigmd5", "Suggestname", "Supplementname", "Transfiletriggername",
    "Triggername",
  ]

  /// Whether a file's name is that of an index, or of the memory that is shared by those who have the database open.
  static func isCompanion(_ name: String) -> Bool { indexes.contains(name) || name.hasPrefix("__db.") }

  /// The packages of a file, by number.
  static func read(_ bytes: [UInt8], name: String) throws(LayerError) -> [RPMDatabase.Package] {
    var packages: [RPMDatabase.Package] = []
    for record in try BerkeleyHash(parsing: bytes, name: name).records {
      guard record.key.count == 4 else { throw .malformed(archive: name, problem: "a key is no number of a package") }
      let number = record.key.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
      if number == 0 { continue }
      packages.append(
        RPMDatabase.Package(number: number, header: try RPMHeader(parsing: record.value, name: name)))
    }
    return packages.sorted { $0.number < $1.number }
  }

  /// The file of some packages, the last of which has the highest number.
  static func written(_ packages: [RPMDatabase.Package], name: String) throws(LayerError) -> [UInt8] {
    func little(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    let last = BerkeleyHash.Record(key: little(0), value: little(packages.map(\.number).max() ?? 0))
    let records = packages.map { BerkeleyHash.Record(key: little($0.number), value: $0.header.bytes) }
    return try BerkeleyHash([last] + records).bytes(name: name)
  }
}
