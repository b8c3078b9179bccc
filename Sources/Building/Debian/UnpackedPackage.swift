import Glibc
import Host
import Layers
import Packages
import Trust
import Versions

/// A package whose files lie in the tree, and what dpkg wants to know of them.
struct UnpackedPackage: Sendable {
  /// The locked package.
  let pin: DebianPin
  /// The path of its archive.
  let archive: String
  /// Its control files by name.
  let controlFiles: [String: [UInt8]]
  /// The `control` file.
  let control: ControlStanza
  /// All its paths in the archive's order, as the archive names them, without a leading slash.
  private(set) var paths: [String] = []
  /// Its directories with mode and owner.
  private(set) var directories: [TarEntry] = []
  /// The real places of its other files, each with the path that the archive has for it.
  private(set) var files: [String: String] = [:]
  /// Places where another package's file lay already.
  private(set) var occupied: [String] = []
  /// The MD5 digests of its configuration files by path, with which dpkg tells later whether somebody changed them.
  private(set) var configurationDigests: [String: String] = [:]

  /// The name of its files in dpkg's database: with the architecture if several of them can be installed together.
  var databaseName: String {
    control["Multi-Arch"] == "same" ? "\(pin.name):\(pin.architecture)" : pin.name
  }

  /// Whether it has a script that runs before it is unpacked.
  var hasPreinst: Bool { controlFiles["preinst"] != nil }

  /// Opens an archive and checks that it is the package that was locked.
  init(_ pin: DebianPin, archive: String) throws(DebianRootError) {
    self.pin = pin
    self.archive = archive
    let deb: DebArchive
    do throws(LayerError) { deb = try DebArchive(path: archive) } catch { throw .archive(error) }
    controlFiles = deb.controlFiles
    control = ControlStanza(lines: controlFiles["control"] ?? [])
    guard control["Package"] == pin.name, control["Version"] == pin.version.description else {
      throw .unsupported(
        package: pin.name,
        reason: "its archive holds \(control["Package"] ?? "nothing") \(control["Version"] ?? "") instead")
    }
    for name in controlFiles.keys where name.contains("/") {
      throw .unsupported(package: pin.name, reason: "its control archive has the folder entry \(name)")
    }
  }

  /// Configuration files that the package brings, relative to the root.
  private var configurationFiles: Set<String> {
    let lines = String(decoding: controlFiles["conffiles"] ?? [], as: UTF8.self).split(separator: "\n")
    return Set(lines.filter { $0.hasPrefix("/") }.map { String($0.dropFirst()) })
  }

  /// Unpacks the data into a tree; it blocks.
  mutating func unpack(into tree: RootTree, exclusions: PathExclusions) throws(DebianRootError) {
    let configurationFiles = configurationFiles
    let reader = try Self.reading { () throws(LayerError) in try DebArchive(path: archive).data() }
    while let entry = try Self.reading({ () throws(LayerError) in try reader.next() }) {
      if entry.path == "." { continue }
      paths.append(entry.path)
      let isLink = if case .symbolicLink = entry.kind { true } else { false }
      // Directories stay: maintainer scripts put files of their own below them, as update-alternatives does with manuals.
      guard entry.kind == .directory || exclusions.keeps("/" + entry.path, isLink: isLink) else { continue }
      try place(entry, from: reader, in: tree, isConfiguration: configurationFiles.contains(entry.path))
    }
  }

  /// Unpacks some places once more, over what lies there.
  func restore(_ places: Set<String>, in tree: RootTree) throws(DebianRootError) {
    var copy = self
    let reader = try Self.reading { () throws(LayerError) in try DebArchive(path: archive).data() }
    while let entry = try Self.reading({ () throws(LayerError) in try reader.next() }) {
      let place = MergedUsr.path(of: entry.path)
      guard places.contains(place), entry.kind != .directory else { continue }
      try onDisk { () throws(SystemError) in try Files.remove(tree.place(place)) }
      try copy.place(entry, from: reader, in: tree, isConfiguration: false)
    }
  }

  /// Forgets files that belong to another package, as dpkg does when that one replaces them.
  mutating func yield(_ places: Set<String>) {
    let names = Set(files.filter { places.contains($0.key) }.values)
    paths.removeAll { names.contains($0) }
    for place in places { files[place] = nil }
  }

  private mutating func place(
    _ entry: TarEntry, from reader: TarReader, in tree: RootTree, isConfiguration: Bool
  ) throws(DebianRootError) {
    let name = MergedUsr.path(of: entry.path)
    let path = tree.place(name)
    guard try onDisk({ () throws(SystemError) in try tree.makeDirectory(Path.parent(name) ?? "") }) else {
      throw .unsupported(
        package: pin.name, reason: "the folder of /\(entry.path) is a link or a file of another package")
    }
    if entry.kind == .directory {
      guard try onDisk({ () throws(SystemError) in try tree.makeDirectory(name) }) else {
        throw .unsupported(package: pin.name, reason: "/\(entry.path) is a link or a file of another package")
      }
      var directory = entry
      directory.path = name
      directories.append(directory)
      return
    }
    if case .symbolicLink = entry.kind, MergedUsr.isLink(entry.path) { return }
    files[name] = entry.path
    do throws(SystemError) {
      switch entry.kind {
      case .file:
        let digest = try write(entry, from: reader, to: path, digesting: isConfiguration)
        if let digest { configurationDigests[entry.path] = digest }
      case .symbolicLink(let target): try Files.link(path, to: target)
      case .hardLink(let target): try Files.hardLink(path, to: tree.place(MergedUsr.path(of: target)))
      case .directory, .characterDevice, .blockDevice, .fifo:
        throw SystemError("unpack a device or pipe as", "/\(entry.path)", code: ENOTSUP)
      }
      // An owner clears the bits for other users' rights, so it comes before the mode.
      if entry.uid != 0 || entry.gid != 0 { try Files.changeOwner(path, uid: entry.uid, gid: entry.gid) }
      if entry.kind == .file { try Files.changeMode(path, entry.mode) }
      if case .hardLink = entry.kind { return }
      try Files.setModified(path, entry.modified)
    } catch {
      guard error.code == EEXIST else { throw .system(error) }
      guard try onDisk({ () throws(SystemError) in try FileStatus(of: path).kind != .directory }) else {
        throw .unsupported(package: pin.name, reason: "/\(entry.path) is a folder of another package")
      }
      occupied.append(name)
    }
  }

  /// Writes a file's content and gives its MD5 digest if that is wanted.
  private func write(
    _ entry: TarEntry, from reader: TarReader, to path: String, digesting: Bool
  ) throws(SystemError) -> String? {
    let file = try FileHandle(writing: path, .exclusive, mode: 0o600)
    do throws(LayerError) {
      if digesting {
        let bytes = try reader.content()
        do throws(SystemError) { try file.write(bytes) } catch { throw .system(error) }
        return LegacyDigest.md5(of: bytes)
      }
      try reader.forEachChunk { (chunk) throws(LayerError) in
        do throws(SystemError) { try file.write(chunk) } catch { throw .system(error) }
      }
      return nil
    } catch {
      if case .system(let failure) = error { throw failure }
      throw SystemError("unpack", "\(archive): \(error)", code: EIO)
    }
  }

  private static func reading<Result>(_ call: () throws(LayerError) -> Result) throws(DebianRootError) -> Result {
    do throws(LayerError) { return try call() } catch { throw .archive(error) }
  }
}
