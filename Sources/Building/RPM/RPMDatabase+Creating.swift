internal import Host
internal import Layers
internal import SQLite
internal import Versions

extension RPMDatabase {
  /// Writes the database of packages that lie on nothing else, in the form and at the place of their release; it blocks.
  ///
  /// - Parameters:
  ///   - workspace: A folder for what is needed on the way.
  /// - Returns: The place below the root.
  static func write(
    to target: String, of archives: [RPMArchive], in workspace: String, date: Int
  ) throws -> String {
    let isOld = !archives.contains { isOfSQLite($0.header) }
    let empty = "\(workspace)/\(isOld ? "Packages" : "rpmdb.sqlite")"
    if isOld {
      try Files.write(try BerkeleyPackages.written([], name: empty), to: empty)
    } else {
      try create(at: empty)
    }
    try RPMDatabase(path: empty).write(to: target, removing: [], adding: archives, date: date)
    try Files.remove(empty)
    if isOld { return "var/lib/rpm/Packages" }
    let hasNewPlace = archives.contains { $0.header.strings(.directories).contains("/usr/lib/sysimage/rpm/") }
    return hasNewPlace ? "usr/lib/sysimage/rpm/rpmdb.sqlite" : "var/lib/rpm/rpmdb.sqlite"
  }

  /// Whether the rpm that built a package is of those whose databases are SQLite's: 4.16 and newer.
  private static func isOfSQLite(_ header: RPMHeader) -> Bool {
    guard let text = header.string(.builder), let version = try? RPMVersion(parsing: text) else { return false }
    return RPMVersion(version: "4.16", release: nil) <= version
  }

  /// Makes a database without packages, as rpm 4.16 to 4.20 make it (`lib/backend/sqlite.c`).
  private static func create(at path: String) throws {
    let database = try SQLiteDatabase(writing: path)
    try database.run("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)")
    for table in tables {
      let kind = binary.contains(table) ? "BLOB" : "TEXT"
      try database.run(
        """
        CREATE TABLE '\(table)' (key '\(kind)' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL, \
        FOREIGN KEY (hnum) REFERENCES 'Packages'(hnum))
        """)
      if !binary.contains(table) { try database.run("CREATE INDEX '\(table)_key_idx' ON '\(table)'(key ASC)") }
      if !single.contains(table) { try database.run("CREATE INDEX '\(table)_hnum_idx' ON '\(table)'(hnum ASC)") }
    }
  }

  /// The tables in rpm's own order, those whose keys are bytes, and those that have one row for a package.
  private static let tables = [
    "Name", "Basenames", "Group", "Requirename", "Providename", "Conflictname", "Obsoletename", "Triggername",
    "Dirnames", "Installtid", "Sigmd5", "Sha1header", "Filetriggername", "Transfiletriggername", "Recommendname",
    "Suggestname", "Supplementname", "Enhancename",
  ]
  private static let binary: Set<String> = ["Installtid", "Sigmd5"]
  private static let single: Set<String> = ["Name", "Group", "Installtid", "Sigmd5", "Sha1header"]
}
