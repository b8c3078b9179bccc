internal import Host
internal import Layers

/// A copy of a folder that holds the same files and differs in all that a build must not depend on: its path, the times, the
/// owners, and the order in which the files were made.
public enum FolderTwin {
  /// Makes the copy; it blocks.
  ///
  /// Pipes, sockets and devices are left out: no build copies them.
  ///
  /// - Parameters:
  ///   - excluded: Absolute paths that are left out with all they hold, such as a cache that lies in the folder.
  ///   - owner: The user and group of all of it, where root makes the copy.
  public static func make(
    of folder: String, at target: String, excluding excluded: Set<String>, owner: UInt32?
  ) throws {
    var names: [[UInt64]: String] = [:]
    try copy(try Files.resolve(folder), to: target, excluded, owner, &names)
  }

  private static func copy(
    _ path: String, to target: String, _ excluded: Set<String>, _ owner: UInt32?, _ names: inout [[UInt64]: String]
  ) throws {
    let status = try FileStatus(of: path)
    switch status.kind {
    case .directory:
      try Files.createDirectory(target, mode: 0o700)
      for name in try Files.list(path).reversed() where !excluded.contains("\(path)/\(name)") {
        try copy("\(path)/\(name)", to: "\(target)/\(name)", excluded, owner, &names)
      }
      try Files.changeMode(target, status.mode)
    case .file:
      if status.links > 1, let first = names[status.identity] {
        try Files.hardLink(target, to: first)
        return
      }
      names[status.identity] = target
      try copyContent(of: path, to: target)
      try Files.changeMode(target, status.mode)
    case .symbolicLink: try Files.link(target, to: try Files.target(ofLink: path))
    case .other: return
    }
    if let owner, Environment.isRoot { try Files.changeOwner(target, uid: owner, gid: owner) }
  }

  private static func copyContent(of path: String, to target: String) throws {
    let (source, sink) = (try FileSource(path: path), try FileSink(path: target))
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { chunk.deallocate() }
    while true {
      let count = try source.read(into: chunk)
      if count == 0 { return }
      try sink.write(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
    }
  }
}
