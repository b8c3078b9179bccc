internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Packages
internal import Resolution
internal import Trust

/// The layer of RPM packages over a base: their files, and what the base's database says of them, without running anything.
///
/// A script that may matter is named and not run: it would change files as nothing in the lock says. Where the base has rpm's
/// database, packages that it has already are left alone, and the new ones are entered; else they are listed in a manifest.
struct RPMLayer: Sendable {
  /// The locked packages, and their files on this machine in the same order.
  let pins: [RPMPin]
  let paths: [String]
  let epoch: Int
  /// A folder for contents until the layer is written.
  let workspace: String

  /// Everything that the layer's bytes depend on, besides what it lies on.
  static func key(_ pins: [RPMPin]) -> [String] { ["rpm", "2"] + pins.map { "\($0.description) \($0.digest.hex)" } }

  /// What the layer holds and deletes, and what somebody should know.
  func contents(over image: Image, _ tree: ImageTree) async throws -> (
    tree: LayerTree, removed: [String], notes: [String]
  ) {
    let archives = try archives()
    let database = try await database(of: image, tree)
    let present = Set((database?.file.packages ?? []).map(\.label))
    let new = archives.filter { !present.contains(RPMDatabase.label(of: $0.header)) }
    let packages = try await spool(new)
    func text(_ path: String) -> String { tree.keptContent(path).map { String(decoding: $0, as: UTF8.self) } ?? "" }
    var installation = try RPMInstallation(
      packages, over: tree, installed: database?.file.packages ?? [],
      accounts: AccountNumbers(passwd: text("/etc/passwd"), group: text("/etc/group")), epoch: epoch)
    if let database {
      let written = "\(workspace)/rpmdb"
      try database.file.write(to: written, removing: installation.replaced, adding: new, date: epoch)
      try installation.put(.file(path: written), at: database.place)
      let folder = Path.parent(database.place) ?? ""
      let names = tree.children(of: folder).map { Path.name($0.entry.path) }
      installation.remove(database.file.companions(among: names).map { "\(folder)/\($0)" })
    } else {
      let text = RPMManifest.text(new.map(\.header), date: epoch)
      try installation.put(.bytes(Array(text.utf8)), at: RPMManifest.path)
    }
    return (installation.tree, installation.removed, installation.notes)
  }

  /// The packages, each of which has to be the one that was locked.
  func archives() throws -> [RPMArchive] {
    var archives: [RPMArchive] = []
    for (pin, path) in zip(pins, paths) {
      let archive = try RPMArchive(path: path)
      guard archive.header.string(.name) == pin.name, RPMDatabase.version(of: archive.header) == pin.version else {
        throw RPMInstallationError.package(locked: pin.description, found: archive.label)
      }
      archives.append(archive)
    }
    return archives
  }

  /// The base's database, if it has one of the kind that is written here and nobody has it open.
  private func database(of image: Image, _ tree: ImageTree) async throws -> (file: RPMDatabase, place: String)? {
    for path in RPMDatabase.places {
      let place = tree.resolve(path)
      guard tree[place] != nil else { continue }
      if let log = tree[place + "-wal"], log.entry.size > 0 {
        throw RPMInstallationError.database("/\(place) has a log of changes that were not written into it")
      }
      let folder = workspace + "/database"
      return try await BlockingPool.run {
        try Files.createDirectory(folder)
        try tree.unpack([place], of: image, into: folder)
        return (try RPMDatabase(path: "\(folder)/\(place)"), place)
      }
    }
    return nil
  }

  /// Writes the contents of packages into a file each, as many at once as there are processors.
  func spool(_ archives: [RPMArchive]) async throws -> [RPMInstallation.Package] {
    let workspace = workspace
    var packages = [RPMInstallation.Package?](repeating: nil, count: archives.count)
    try await withThrowingTaskGroup(of: (Int, RPMInstallation.Package).self) { group in
      var next = 0
      func start() {
        guard next < archives.count else { return }
        let (number, archive) = (next, archives[next])
        next += 1
        group.addTask { @concurrent in
          try await BlockingPool.run {
            let files = try archive.files()
            let path = "\(workspace)/contents-\(number)"
            let contents = try archive.spool(files, to: try FileSink(path: path))
            return (number, RPMInstallation.Package(archive: archive, files: files, spool: path, contents: contents))
          }
        }
      }
      for _ in 0..<Environment.processorCount { start() }
      for try await (number, package) in group {
        packages[number] = package
        start()
      }
    }
    return packages.compactMap { $0 }
  }
}
