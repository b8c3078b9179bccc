internal import Glibc
public import Host

/// Unpacks archives into a directory that no entry gets out of.
///
/// Names lead where they would lead with the directory as `/`: a link to `/etc` made by one entry sends the next into the
/// directory's own `etc`. It blocks and belongs to one thread.
public final class Extractor {
  /// What an archive is to the directory.
  public enum Style: Sendable, Hashable {
    /// A layer over others: whiteouts remove what lower layers brought (OCI image-spec 1.1, layer.md), and an entry
    /// replaces whatever else has its name.
    case layer
    /// A package beside others, as dpkg unpacks it: a directory that is there already, or a link that leads to one, stays
    /// as it is, and no other entry may replace it.
    case package
  }

  let root: RootedDirectory
  let style: Style
  private let setsOwners: Bool
  private let allowsDevices: Bool
  var seen: Set<String> = []
  private var directories: [TarEntry] = []

  /// Prepares to unpack into an existing directory.
  ///
  /// - Parameters:
  ///   - setsOwners: Whether entries get their owners, which takes root. Where a user namespace has no such user, files and
  ///     directories keep the owner as a record for ``TreeScanner``.
  ///   - allowsDevices: Whether device nodes are made; without, they are an error.
  public init(
    into path: String, style: Style, setsOwners: Bool = Environment.isRoot, allowsDevices: Bool = false
  ) throws(LayerError) {
    do throws(SystemError) { root = try RootedDirectory(at: path) } catch { throw .system(error) }
    self.style = style
    self.setsOwners = setsOwners
    self.allowsDevices = allowsDevices
  }

  /// Unpacks all entries of an archive.
  ///
  /// - Parameters:
  ///   - accept: Whether an entry is wanted; it may change the entry, for example its path.
  ///   - visit: Sees each entry that was unpacked.
  public func extract(
    _ archive: TarReader, accept: (inout TarEntry) -> Bool = { _ in true }, visit: (TarEntry) -> Void = { _ in }
  ) throws(LayerError) {
    seen.removeAll(keepingCapacity: true)
    directories.removeAll(keepingCapacity: true)
    while var entry = try archive.next() {
      guard accept(&entry), entry.path != "." else { continue }
      if style == .layer {
        if try applyWhiteout(entry, archive: archive.name) { continue }
        note(entry.path)
      }
      try extract(entry, from: archive)
      visit(entry)
    }
    try hosted { () throws(SystemError) in try finishDirectories() }
  }

  private func extract(_ entry: TarEntry, from archive: TarReader) throws(LayerError) {
    switch entry.kind {
    case .file: try extractFile(entry, from: archive)
    case .directory: try extractDirectory(entry)
    case .symbolicLink(let target):
      try makeWay(for: entry) { () throws(SystemError) in try root.createLink(entry.path, to: target) }
      try hosted { () throws(SystemError) in
        try setOwner(of: entry)
        try root.setModified(entry.path, entry.modified)
      }
    case .hardLink(let target):
      guard target != entry.path else {
        throw .unsafe(archive: archive.name, entry: entry.path, problem: "is a hard link to itself")
      }
      try makeWay(for: entry) { () throws(SystemError) in try root.createHardLink(entry.path, to: target) }
    case .fifo: try extractNode(entry, type: 0o010000, major: 0, minor: 0)
    case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
      guard allowsDevices else {
        throw .unsafe(archive: archive.name, entry: entry.path, problem: "is a device")
      }
      let isCharacter = entry.kind == .characterDevice(major: major, minor: minor)
      try extractNode(entry, type: isCharacter ? 0o020000 : 0o060000, major: major, minor: minor)
    }
  }

  private func extractFile(_ entry: TarEntry, from archive: TarReader) throws(LayerError) {
    let file = try makeWay(for: entry) { () throws(SystemError) in try root.createFile(entry.path) }
    try archive.forEachChunk { (chunk) throws(LayerError) in
      do throws(SystemError) { try file.write(chunk) } catch { throw .system(error) }
    }
    do throws(SystemError) {
      // The owner first: changing it clears setuid and capabilities.
      if setsOwners {
        do throws(SystemError) { try file.changeOwner(uid: entry.uid, gid: entry.gid) } catch {
          guard error.code == EINVAL else { throw error }
          try file.setAttribute(OwnerRecord.attribute, OwnerRecord.value(uid: entry.uid, gid: entry.gid))
        }
      }
      try file.changeMode(entry.mode)
      for (name, value) in entry.attributes.sorted(by: { $0.key < $1.key }) where wantsAttribute(name) {
        try file.setAttribute(name, value)
      }
      try file.setModified(entry.modified)
    } catch { throw .system(error) }
  }

  /// Labels of a mandatory access control belong to the machine that unpacks.
  private func wantsAttribute(_ name: String) -> Bool {
    name.hasPrefix("user.") && name != OwnerRecord.attribute || (setsOwners && name == "security.capability")
  }

  /// Sets the owner of what is no file; where there is no such user, only a directory can hold the record of it.
  private func setOwner(of entry: TarEntry) throws(SystemError) {
    guard setsOwners else { return }
    do throws(SystemError) { try root.changeOwner(entry.path, uid: entry.uid, gid: entry.gid) } catch {
      guard error.code == EINVAL else { throw error }
      guard entry.kind == .directory else { return }
      try root.setAttribute(
        ofDirectory: entry.path, OwnerRecord.attribute, OwnerRecord.value(uid: entry.uid, gid: entry.gid))
    }
  }

  private func extractDirectory(_ entry: TarEntry) throws(LayerError) {
    do throws(SystemError) {
      if try !root.createDirectory(entry.path, mode: 0o700) {
        let present = try root.kind(of: entry.path)
        if style == .package && (present == .directory || root.leadsToDirectory(entry.path)) { return }
        if present != .directory {
          try root.remove(entry.path)
          _ = try root.createDirectory(entry.path, mode: 0o700)
        }
      }
    } catch { throw .system(error) }
    directories.append(entry)
  }

  private func extractNode(_ entry: TarEntry, type: UInt32, major: UInt32, minor: UInt32) throws(LayerError) {
    try makeWay(for: entry) { () throws(SystemError) in
      try root.createNode(entry.path, mode: type | entry.mode, major: major, minor: minor)
    }
    try hosted { () throws(SystemError) in
      try setOwner(of: entry)
      try root.setModified(entry.path, entry.modified)
    }
  }

  /// Makes something at a path, once more when what was there had to go first.
  private func makeWay<Result: ~Copyable>(
    for entry: TarEntry, _ make: () throws(SystemError) -> Result
  ) throws(LayerError) -> Result {
    do throws(SystemError) { return try make() } catch {
      guard error.code == EEXIST else { throw .system(error) }
    }
    return try hosted { () throws(SystemError) in
      if style == .package, try root.kind(of: entry.path) == .directory {
        throw SystemError("replace the directory", "\(root.path)/\(entry.path)", code: EISDIR)
      }
      try root.remove(entry.path)
      return try make()
    }
  }

  /// Gives directories what they would lose while they are filled, the deepest first.
  private func finishDirectories() throws(SystemError) {
    for entry in directories.reversed() {
      // A later entry may have put something else in its place.
      guard try root.kind(of: entry.path) == .directory else { continue }
      try setOwner(of: entry)
      try root.changeMode(ofDirectory: entry.path, entry.mode)
      try root.setModified(entry.path, entry.modified)
    }
  }
}
