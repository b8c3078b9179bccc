internal import Host
internal import JSON
internal import Layers

/// Unpacks a source distribution, a gzipped tar archive or a zip archive, below a fresh directory.
///
/// Only files and directories come out: a link has no honest use in a source distribution, and none can lead anywhere then.
enum SourceArchive {
  private static let limits = TarLimits(
    entries: 200_000, pathLength: 4096, entrySize: 2 << 30, totalSize: 4 << 30)

  static func unpack(_ archive: String, into directory: String) async throws(LayerError) {
    try await BlockingPool.run { () throws(LayerError) in
      do {
        if archive.hasSuffix(".zip") {
          try unpackZip(archive, into: directory)
        } else {
          try unpackTar(archive, into: directory)
        }
      } catch let error as SystemError {
        throw .system(error)
      } catch let error as LayerError {
        throw error
      } catch {
        preconditionFailure("unpacking throws no other errors: \(error)")
      }
    }
  }

  private static func unpackTar(_ archive: String, into directory: String) throws {
    let reader = try TarReader(path: archive, limits: limits)
    while let entry = try reader.next() {
      let path = "\(directory)/\(entry.path)"
      switch entry.kind {
      case .directory: try Files.createDirectory(path)
      case .file:
        try Files.createDirectory(Path.parent(path) ?? directory)
        let file = try Self.create(path, isExecutable: entry.mode & 0o100 != 0)
        try reader.forEachChunk { (chunk) throws(LayerError) in
          do throws(SystemError) { try file.write(chunk) } catch { throw .system(error) }
        }
      default:
        throw LayerError.inconsistent(path: entry.path, problem: "is a link or a device in a source distribution")
      }
    }
  }

  /// The content of some files that lie directly in the archive's folder.
  static func members(
    _ names: Set<String>, of archive: String, limit: Int
  ) async throws(LayerError) -> [String: [UInt8]] {
    let all = try await members(of: archive, limit: limit) { path in
      let parts = path.split(separator: "/")
      return parts.count == 2 && names.contains(String(parts[1]))
    }
    return all.reduce(into: [:]) { $0[String($1.key.split(separator: "/")[1])] = $1.value }
  }

  /// The content of the files whose paths are wanted; of several with one path, the last.
  private static func members(
    of archive: String, limit: Int, where isWanted: @escaping @Sendable (String) -> Bool
  ) async throws(LayerError) -> [String: [UInt8]] {
    try await BlockingPool.run { () throws(LayerError) in
      var found: [String: [UInt8]] = [:]
      if archive.hasSuffix(".zip") {
        let zip = try ZipArchive(
          path: archive, limits: ZipDirectory.Limits(members: limits.entries, totalSize: limits.totalSize))
        for member in zip.directory.members where !member.isDirectory && isWanted(member.name) {
          found[member.name] = try zip.read(member, limit: limit)
        }
        return found
      }
      let reader = try TarReader(path: archive, limits: limits)
      while let entry = try reader.next() {
        guard entry.kind == .file, isWanted(entry.path) else { continue }
        guard found.count < 64 else {
          throw .limit(archive: archive, quantity: "descriptions of itself", maximum: 64)
        }
        var content: [UInt8] = []
        try reader.forEachChunk { (chunk) throws(LayerError) in
          guard content.count + chunk.count <= limit else {
            throw .limit(archive: archive, quantity: "\(entry.path) in bytes", maximum: limit)
          }
          content += chunk
        }
        found[entry.path] = content
      }
      return found
    }
  }

  /// What an archive says about itself: files of its folder, and of the one that setuptools puts into it or below `src`.
  struct Descriptions: Sendable {
    var top: [String: [UInt8]] = [:]
    var egg: [String: [UInt8]] = [:]

    init() {}

    /// Reads what ``json`` made.
    init(json: JSONValue) {
      func bytes(_ name: String) -> [String: [UInt8]] {
        (json[name]?.members ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.string.map { Array($0.utf8) } }
      }
      (top, egg) = (bytes("top"), bytes("egg"))
    }

    /// The texts as one object; bytes that are no UTF-8 become U+FFFD, as where they are read.
    var json: JSONValue {
      func texts(_ files: [String: [UInt8]]) -> JSONValue {
        .object(files.map { JSONMember($0.key, .string(String(decoding: $0.value, as: UTF8.self))) })
      }
      return .object(["top": texts(top), "egg": texts(egg)])
    }
  }

  /// Reads `PKG-INFO` and `pyproject.toml` of the archive's folder, and `PKG-INFO` and `requires.txt` of its egg-info.
  static func descriptions(of archive: String, limit: Int) async throws(LayerError) -> Descriptions {
    let all = try await members(of: archive, limit: limit) { path in
      let parts = path.split(separator: "/")
      guard let name = parts.last else { return false }
      if parts.count == 2 { return name == "PKG-INFO" || name == "pyproject.toml" }
      let isNear = parts.count == 3 || parts.count == 4 && parts[1] == "src"
      return isNear && parts[parts.count - 2].hasSuffix(".egg-info") && (name == "PKG-INFO" || name == "requires.txt")
    }
    var found = Descriptions()
    for (path, content) in all {
      let parts = path.split(separator: "/")
      let name = String(parts[parts.count - 1])
      if parts.count == 2 { found.top[name] = content } else { found.egg[name] = content }
    }
    return found
  }

  static func unpackZip(_ archive: String, into directory: String) throws {
    let zip = try ZipArchive(
      path: archive, limits: ZipDirectory.Limits(members: limits.entries, totalSize: limits.totalSize))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    for member in zip.directory.members {
      let path = "\(directory)/\(member.name)"
      if member.isSpecial {
        throw LayerError.inconsistent(path: member.name, problem: "is a link or a device in an archive of sources")
      }
      if member.isDirectory {
        try Files.createDirectory(path)
        continue
      }
      try Files.createDirectory(Path.parent(path) ?? directory)
      let file = try Self.create(path, isExecutable: member.unixMode & 0o100 != 0)
      let source = try zip.open(member)
      while case let count = try source.read(into: buffer), count > 0 {
        try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }

  /// Makes a file whose mode does not depend on the umask: backends copy it into the wheel.
  fileprivate static func create(_ path: String, isExecutable: Bool) throws(SystemError) -> FileHandle {
    let file = try FileHandle(writing: path, .exclusive)
    try file.changeMode(isExecutable ? 0o755 : 0o644)
    return file
  }
}
