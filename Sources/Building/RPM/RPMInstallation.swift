internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Packages
internal import Resolution

/// What installing RPM packages does to an image: files that come, paths that go, and what nobody did.
///
/// It computes what `rpm --upgrade` decides before it touches a disk: which packages are there already, which are replaced, which
/// configuration files are kept, and which files of others stand in the way.
struct RPMInstallation {
  /// One package to install, with the place of its contents.
  struct Package {
    let archive: RPMArchive
    let files: [RPMFile]
    /// The file that has the contents, and where each of them lies in it.
    let spool: String
    let contents: RPMArchive.Contents
  }

  /// A file whose owner is not known yet.
  struct Stranger: Hashable, Sendable {
    /// Where it lies.
    let place: String
    /// The file, with the names of its owners.
    let file: RPMFile
  }

  /// What comes, with links on the way followed.
  private(set) var tree = LayerTree()
  /// The paths that go.
  private(set) var removed: [String] = []
  /// What somebody should know.
  private(set) var notes: [String] = []
  /// The files that are root's until somebody makes their owners; none unless they are admitted.
  private(set) var strangers: [Stranger] = []
  /// The packages of the base's database that are replaced.
  let replaced: [RPMDatabase.Package]

  private let base: ImageTree
  private let accounts: AccountNumbers
  private let epoch: Int
  /// The files that packages of the base have, those that stay and those that go, by their places.
  private var staying: [PathKey: (package: String, file: RPMFile)] = [:]
  private var going: [PathKey: RPMFile] = [:]
  private var owners: [PathKey: (package: String, file: RPMFile)] = [:]
  /// The links that come, with what they say.
  private var links: [PathKey: String] = [:]
  private let admitsStrangers: Bool

  /// Plans an installation.
  ///
  /// - Parameters:
  ///   - installed: What the base's database has; empty when it has none that can be read.
  ///   - accounts: The users and groups that files may belong to.
  ///   - admitsStrangers: Whether files may belong to others as well.
  init(
    _ packages: [Package], over base: ImageTree, installed: [RPMDatabase.Package], accounts: AccountNumbers, epoch: Int,
    admitsStrangers: Bool = false
  ) throws {
    self.admitsStrangers = admitsStrangers
    self.base = base
    self.accounts = accounts
    self.epoch = epoch
    replaced = installed.filter { old in packages.contains { Self.replaces($0.archive.header, old.header) } }
    let gone = Set(replaced.map(\.number))
    for package in installed {
      for file in try package.header.files(of: package.label) {
        let key = PathKey(base.resolve(file.path, followingLast: false))
        if gone.contains(package.number) { going[key] = file } else { staying[key] = (package.label, file) }
      }
    }
    for package in packages { try add(package) }
    removed = abandoned()
    for package in packages { note(scriptsOf: package) }
  }

  /// The files of replaced packages that nobody has any more and nobody changed, and directories that are left with nothing.
  private func abandoned() -> [String] {
    var removed: Set<PathKey> = []
    var folders: [String] = []
    for (key, file) in going where owners[key] == nil && staying[key] == nil {
      guard let node = base[key.path] else { continue }
      if node.entry.kind == .directory {
        folders.append(key.path)
      } else if !file.flags.contains(.configuration) || node.item.digest.map({ $0.hex == file.digest }) ?? true {
        removed.insert(key)
      }
    }
    // What lies deeper comes first.
    for folder in folders.sorted(by: { $0.utf8.count > $1.utf8.count }) where tree[folder] == nil {
      if base.children(of: folder).allSatisfy({ removed.contains(PathKey($0.entry.path)) }) {
        removed.insert(PathKey(folder))
      }
    }
    let topmost = removed.filter { key in !(Path.parent(key.path).map { removed.contains(PathKey($0)) } ?? false) }
    return topmost.map(\.path).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// A package replaces those of its name and architecture, and those that it makes obsolete.
  private static func replaces(_ new: RPMHeader, _ old: RPMHeader) -> Bool {
    guard let name = old.string(.name) else { return false }
    if new.string(.name) == name {
      let architectures = [new.string(.architecture), old.string(.architecture)]
      return architectures[0] == architectures[1] || architectures.contains("noarch")
    }
    return new.obsoletes.contains { relation in
      relation.name == name
        && (relation.version == nil
          || RPMRelation(name: name, comparison: .equal, version: RPMDatabase.version(of: old)).overlaps(relation))
    }
  }

  /// The packages in their order, but first those that have a link where others have a folder: `/lib64` leads into `/usr`.
  static func linksFirst(_ packages: [Package]) -> [Package] {
    var folders: Set<PathKey> = []
    for file in packages.flatMap(\.files) {
      var path = file.path
      while let parent = Path.parent(path), !parent.isEmpty, folders.insert(PathKey(parent)).inserted { path = parent }
    }
    func leads(_ package: Package) -> Bool {
      package.files.contains { file in
        if case .symbolicLink = file.kind { folders.contains(PathKey(file.path)) } else { false }
      }
    }
    return packages.filter(leads) + packages.filter { !leads($0) }
  }

  /// Where a path leads to, by the links of the base and those that come; what it ends with is not followed.
  private func resolve(_ path: String) -> String {
    var place = base.resolve(path, followingLast: false)
    if links.isEmpty { return place }
    var left = Self.mostLinks
    var index = 1
    while left > 0 {
      let parts = place.split(separator: "/").map(String.init)
      guard index < parts.count else { break }
      let prefix = parts[..<index].joined(separator: "/")
      guard let target = links[PathKey(prefix)] else {
        index += 1
        continue
      }
      left -= 1
      let start = target.hasPrefix("/") ? target : "/\(parts[..<(index - 1)].joined(separator: "/"))/\(target)"
      place = base.resolve(
        Path.normalize("\(start)/\(parts[index...].joined(separator: "/"))"), followingLast: false)
      index = 1
    }
    return place
  }

  /// As many links as the kernel follows for one path.
  private static let mostLinks = 40

  private mutating func add(_ package: Package) throws {
    let label = package.archive.label
    var names: [Int: (place: String, content: Range<Int>)] = [:]
    for (number, file) in package.files.enumerated() where !file.flags.contains(.ghost) {
      var place = resolve(file.path)
      let key = PathKey(place)
      if let other = owners[key] {
        guard Self.isSame(other.file, file) else {
          throw RPMInstallationError.conflict(path: file.path, first: other.package, second: label)
        }
        continue
      }
      if let other = staying[key], !other.file.flags.contains(.ghost), !Self.isSame(other.file, file) {
        throw RPMInstallationError.conflict(path: file.path, first: other.package, second: label)
      }
      owners[key] = (label, file)
      if file.flags.contains(.configuration), file.kind == .file { place = configurationPlace(place, file) }
      try put(file, number, at: place, of: package, names: &names)
    }
  }

  /// Whether two packages may both have a file, as rpm sees it.
  private static func isSame(_ one: RPMFile, _ other: RPMFile) -> Bool {
    switch (one.kind, other.kind) {
    case (.directory, .directory): true
    case (.file, .file): one.digest == other.digest && one.mode == other.mode
    default: one.kind == other.kind
    }
  }

  /// Where a configuration file goes: beside the one that is there if that was changed (rpm's `%config(noreplace)`).
  private mutating func configurationPlace(_ place: String, _ file: RPMFile) -> String {
    guard let present = base[place]?.item.digest?.hex, present != file.digest, going[PathKey(place)]?.digest != present
    else { return place }
    if file.flags.contains(.noReplace) {
      notes.append("/\(place) of the base was changed and stays; the package's own is /\(place).rpmnew")
      return place + ".rpmnew"
    }
    notes.append("/\(place) of the base was changed and is replaced by the package's own")
    return place
  }

  private mutating func put(
    _ file: RPMFile, _ number: Int, at place: String, of package: Package,
    names: inout [Int: (place: String, content: Range<Int>)]
  ) throws {
    let label = package.archive.label
    // In a layer such a name deletes what it names (OCI image-spec 1.1, layer.md, "Whiteouts").
    guard !place.split(separator: "/").contains(where: { $0.hasPrefix(".wh.") }) else {
      throw RPMInstallationError.whiteout(path: file.path, package: label)
    }
    if file.kind != .directory, let present = tree[place], present.entry.kind == .directory {
      throw RPMInstallationError.conflict(path: file.path, first: "another package", second: label)
    }
    let (uid, gid) = (accounts.user(file.user), accounts.group(file.group))
    if admitsStrangers, uid == nil || gid == nil {
      strangers.append(Stranger(place: place, file: file))
    } else if uid == nil {
      throw RPMInstallationError.owner(path: file.path, name: "user '\(file.user)'", package: label)
    } else if gid == nil {
      throw RPMInstallationError.owner(path: file.path, name: "group '\(file.group)'", package: label)
    }
    var entry = TarEntry(
      path: place, kind: file.kind, mode: file.mode, uid: uid ?? 0, gid: gid ?? 0, size: file.size,
      modified: Swift.min(file.modified, epoch))
    if !file.capabilities.isEmpty, file.capabilities != "=" {
      guard let capabilities = FileCapabilities(parsing: file.capabilities) else {
        throw RPMInstallationError.capabilities(path: file.path, text: file.capabilities, package: label)
      }
      entry.attributes[FileCapabilities.attribute] = capabilities.bytes
    }
    try ApplicationLayer.addParents(of: "/" + place, to: &tree, epoch: epoch)
    switch file.kind {
    case .file:
      guard let range = package.contents[number] else {
        throw RPMInstallationError.missing(path: file.path, package: label)
      }
      if let first = names[file.inode], first.content == range {
        entry.kind = .hardLink(target: first.place)
        try tree.set(entry, from: label)
      } else {
        names[file.inode] = (place, range)
        try tree.set(entry, content: .range(path: package.spool, range), from: label)
      }
    case .directory where base.isDirectory(place): break
    case .symbolicLink(let target):
      links[PathKey(place)] = target
      try tree.set(entry, from: label)
    default: try tree.set(entry, from: label)
    }
  }

  /// Adds a file of the image's own bookkeeping.
  mutating func put(_ content: LayerTree.Content, at place: String) throws {
    try ApplicationLayer.addParents(of: "/" + place, to: &tree, epoch: epoch)
    var size = 0
    if case .file(let path) = content { size = try FileStatus(of: path).size }
    try tree.set(
      TarEntry(path: place, kind: .file, mode: 0o644, size: size, modified: epoch), content: content, from: "rpm")
  }

  /// Has files of the image's own bookkeeping go.
  mutating func remove(_ paths: [String]) {
    removed = (removed + paths).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private mutating func note(scriptsOf package: Package) {
    for script in RPMScript.all(of: package.archive.header) where script.reasonItIsHarmless == nil {
      notes.append("\(script.moment) of \(package.archive.label) was not run (\(script.interpreter))")
    }
  }
}
