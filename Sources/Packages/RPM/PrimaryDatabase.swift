internal import SQLite

/// Reads a repository's indexes in their older form, SQLite databases, for repositories that have no XML.
///
/// The schema is createrepo_c's, version 10: `primary.sqlite` and `filelists.sqlite`.
enum PrimaryDatabase {
  /// The most packages, and the most relations or files of all packages; Fedora's largest has 60 thousand and 4 million.
  private static let packageLimit = 500_000
  private static let rowLimit = 50_000_000

  /// The packages of `primary.sqlite`; it blocks.
  static func packages(path: String, place: String) throws(RPMError) -> [RPMPackage] {
    let database = try open(path, place)
    var drafts: [Int: RPMPackageDraft] = [:]
    var order: [Int] = []
    do throws(SQLiteError) {
      try database.rows(
        """
        SELECT pkgKey, pkgId, name, arch, version, epoch, release, size_package, location_href, checksum_type,
          time_build
        FROM packages ORDER BY pkgKey LIMIT ?
        """, [.integer(packageLimit)]
      ) { row in
        var draft = RPMPackageDraft()
        draft.checksum = row.text(1) ?? ""
        draft.name = row.text(2) ?? ""
        draft.architecture = row.text(3) ?? ""
        draft.version = row.text(4)
        draft.epoch = row.text(5)
        draft.release = row.text(6)
        draft.size = row.text(7) ?? ""
        draft.location = row.text(8) ?? ""
        draft.checksumType = row.text(9) ?? ""
        draft.built = row.text(10)
        drafts[row.integer(0)] = draft
        order.append(row.integer(0))
      }
      let lists: [(String, WritableKeyPath<RPMPackageDraft, [RPMPackageDraft.Entry]>)] = [
        ("provides", \.provides), ("requires", \.requires), ("conflicts", \.conflicts), ("obsoletes", \.obsoletes),
      ]
      for (table, list) in lists {
        try database.rows(
          "SELECT pkgKey, name, flags, epoch, version, release FROM \(table) ORDER BY rowid LIMIT ?",
          [.integer(rowLimit)]
        ) { row in
          guard let name = row.text(1) else { return }
          drafts[row.integer(0)]?[keyPath: list].append(
            RPMPackageDraft.Entry(
              name: name, flags: row.text(2), epoch: row.text(3), version: row.text(4), release: row.text(5)))
        }
      }
      try database.rows("SELECT pkgKey, name FROM files ORDER BY rowid LIMIT ?", [.integer(rowLimit)]) { row in
        if let name = row.text(1) { drafts[row.integer(0)]?.files.append(name) }
      }
    } catch { throw .malformed(place, reason: error.reason) }
    var packages: [RPMPackage] = []
    packages.reserveCapacity(order.count)
    for key in order {
      if let draft = drafts[key] { packages.append(try draft.package(place: place)) }
    }
    return packages
  }

  /// The packages of `filelists.sqlite` that own some paths, by their digests; it blocks.
  static func owners(of paths: Set<String>, path: String, place: String) throws(RPMError) -> [String: Set<String>] {
    let database = try open(path, place)
    var owners: [String: Set<String>] = [:]
    do throws(SQLiteError) {
      for wanted in paths {
        guard let slash = wanted.lastIndex(of: "/") else { continue }
        let (folder, name) = (
          slash == wanted.startIndex ? "/" : wanted[..<slash], wanted[wanted.index(after: slash)...]
        )
        try database.rows(
          """
          SELECT p.pkgId, f.filenames FROM filelist f JOIN packages p ON p.pkgKey = f.pkgKey WHERE f.dirname = ?
          LIMIT ?
          """, [.text(String(folder)), .integer(packageLimit)]
        ) { row in
          // The names of a folder's files, parted by slashes.
          guard let package = row.text(0), let names = row.text(1), names.split(separator: "/").contains(name) else {
            return
          }
          owners[wanted, default: []].insert(package)
        }
      }
    } catch { throw .malformed(place, reason: error.reason) }
    return owners
  }

  /// Opens a database; one of another version would be read wrongly.
  private static func open(_ path: String, _ place: String) throws(RPMError) -> SQLiteDatabase {
    do throws(SQLiteError) {
      let database = try SQLiteDatabase(reading: path)
      var version: Int?
      try database.rows("SELECT dbversion FROM db_info LIMIT 1") { row in version = row.integer(0) }
      if version == 10 { return database }
    } catch { throw .malformed(place, reason: error.reason) }
    throw .malformed(place, reason: "its schema is of another version than 10")
  }
}
