internal import Host
internal import Images
internal import Layers
internal import Packages
internal import SQLite
internal import Versions

/// rpm's database of installed packages, with the header of each: SQLite since rpm 4.16, and Berkeley DB before.
struct RPMDatabase: Sendable {
  /// One installed package.
  struct Package: Sendable {
    /// Its number in the database.
    let number: Int
    /// Its header as it was in the package, with what rpm added.
    let header: RPMHeader

    /// Its name, version and architecture, for example `bash-5.2.15-1.x86_64`.
    var label: String { RPMDatabase.label(of: header) }
  }

  /// What it is kept in.
  private enum Form {
    case sqlite
    case berkeley
  }

  /// The places where a distribution has it: Amazon's, that of newer Fedoras, and that of older releases of both.
  static let places = ["var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/Packages"]
  /// The most packages that are read.
  private static let packageLimit = 100_000

  /// Its packages by number.
  let packages: [Package]
  private let path: String
  private let form: Form

  /// Reads a database; it blocks.
  init(path: String) throws {
    self.path = path
    form = Path.name(path) == "Packages" ? .berkeley : .sqlite
    packages =
      switch form {
      case .sqlite: try Self.packages(try SQLiteDatabase(reading: path), path)
      case .berkeley: try BerkeleyPackages.read(try Files.read(path, limit: 1 << 30), name: path)
      }
  }

  /// The packages of a database that is in memory.
  static func packages(in bytes: [UInt8], name: String) throws -> [Package] {
    if Path.name(name) == "Packages" { return try BerkeleyPackages.read(bytes, name: name) }
    return try packages(try SQLiteDatabase(reading: bytes, name: name), name)
  }

  /// The files beside it, among those of its folder, that only hold when they are as old as it is: indexes, which rpm makes anew,
  /// and the shared memory of those who had it open.
  func companions(among names: [String]) -> [String] {
    form == .berkeley ? names.filter(BerkeleyPackages.isCompanion) : []
  }

  /// The packages of an image's database; none if it has none.
  static func packages(of tree: ImageTree) throws -> [Package] {
    for place in places {
      if let bytes = tree.keptContent(place) { return try packages(in: bytes, name: place) }
    }
    return []
  }

  private static func packages(_ database: SQLiteDatabase, _ name: String) throws -> [Package] {
    var rows: [(number: Int, blob: [UInt8])] = []
    try database.rows("SELECT hnum, blob FROM Packages ORDER BY hnum LIMIT ?", [.integer(packageLimit)]) { row in
      rows.append((row.integer(0), row.blob(1)))
    }
    return try rows.map { row throws(LayerError) in
      Package(number: row.number, header: try RPMHeader(parsing: row.blob, name: name))
    }
  }

  static func label(of header: RPMHeader) -> String {
    let part = { (tag: RPMHeader.Tag) in header.string(tag) ?? "" }
    return "\(part(.name))-\(version(of: header)).\(part(.architecture))"
  }

  static func version(of header: RPMHeader) -> RPMVersion {
    RPMVersion(
      epoch: UInt32(truncatingIfNeeded: header.integers(.epoch).first ?? 0), version: header.string(.version) ?? "",
      release: header.string(.release))
  }

  /// Writes the database as it is after an installation: the same packages give the same bytes; it blocks.
  ///
  /// - Parameter date: The time that rpm would have, in seconds since 1970.
  func write(to target: String, removing removed: [Package], adding archives: [RPMArchive], date: Int) throws {
    // What goes on as it was; else as rpm is set up for the one processor here that has two kinds of programs.
    let isMixed = archives.contains { $0.header.string(.architecture) == "x86_64" }
    let color = packages.last?.header.integers(.installColor).first ?? (isMixed ? 3 : 0)
    if form == .berkeley {
      let gone = Set(removed.map(\.number))
      let added = try archives.sorted { $0.label < $1.label }.map { archive throws(LayerError) in
        try archive.installedHeader(date: date, color: color)
      }
      let staying = packages.filter { !gone.contains($0.number) }
      let last = packages.last?.number ?? 0
      let bytes = try BerkeleyPackages.written(
        staying + added.enumerated().map { Package(number: last + 1 + $0.offset, header: $0.element) }, name: path)
      return try Files.write(bytes, to: target)
    }
    try Files.write(try Files.read(path, limit: 1 << 30), to: target)
    let database = try SQLiteDatabase(writing: target)
    var tables: [String] = []
    try database.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") { row in
      if let name = row.text(0), RPMDatabaseIndex.all[name] != nil { tables.append(name) }
    }
    try database.run("BEGIN")
    for package in removed {
      for table in tables { try database.run("DELETE FROM \"\(table)\" WHERE hnum = ?", [.integer(package.number)]) }
      try database.run("DELETE FROM Packages WHERE hnum = ?", [.integer(package.number)])
    }
    var number = packages.last?.number ?? 0
    try database.rows("SELECT seq FROM sqlite_sequence WHERE name = 'Packages'") { number = max(number, $0.integer(0)) }
    for archive in archives.sorted(by: { $0.label < $1.label }) {
      number += 1
      let header = try archive.installedHeader(date: date, color: color)
      try database.run("INSERT INTO Packages VALUES (?, ?)", [.integer(number), .blob(header.bytes)])
      for table in tables {
        guard let index = RPMDatabaseIndex.all[table] else { continue }
        try database.run(
          "INSERT INTO \"\(table)\" VALUES (?, ?, ?)",
          forEach: index.keys(of: header).map { [$0.key, .integer(number), .integer($0.index)] })
      }
    }
    try database.run("COMMIT")
    try database.run("VACUUM")
    try Self.evenOut(target)
  }

  /// Overwrites the counters of changes and SQLite's own version, which tell when and by what a file was written.
  ///
  /// Specification: SQLite's "Database File Format", section 1.3: the counter at 24 and again at 92, the version at 96.
  private static func evenOut(_ path: String) throws {
    var bytes = try Files.read(path, limit: 1 << 30)
    for (place, value) in [(24, 1), (92, 1), (96, 3_034_000)] {
      for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: value >> (24 - 8 * byte)) }
    }
    try Files.write(bytes, to: path)
  }
}
