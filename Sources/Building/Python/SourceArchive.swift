internal import Host
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
        let file = try FileHandle(writing: path, .exclusive, mode: entry.mode & 0o100 != 0 ? 0o755 : 0o644)
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
    try await BlockingPool.run { () throws(LayerError) in
      var found: [String: [UInt8]] = [:]
      func wanted(_ path: String) -> String? {
        let parts = path.split(separator: "/")
        return parts.count == 2 && names.contains(String(parts[1])) ? String(parts[1]) : nil
      }
      if archive.hasSuffix(".zip") {
        let zip = try ZipArchive(
          path: archive, limits: ZipDirectory.Limits(members: limits.entries, totalSize: limits.totalSize))
        for member in zip.directory.members {
          if let name = wanted(member.name) { found[name] = try zip.read(member, limit: limit) }
        }
        return found
      }
      let reader = try TarReader(path: archive, limits: limits)
      while let entry = try reader.next(), found.count < names.count {
        guard entry.kind == .file, let name = wanted(entry.path) else { continue }
        var content: [UInt8] = []
        try reader.forEachChunk { (chunk) throws(LayerError) in
          guard content.count + chunk.count <= limit else {
            throw .limit(archive: archive, quantity: "\(name) in bytes", maximum: limit)
          }
          content += chunk
        }
        found[name] = content
      }
      return found
    }
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
      let file = try FileHandle(writing: path, .exclusive, mode: member.unixMode & 0o100 != 0 ? 0o755 : 0o644)
      let source = try zip.open(member)
      while case let count = try source.read(into: buffer), count > 0 {
        try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }
}
