internal import Host
internal import Layers

/// The files of an unpacked image, by the paths that a process inside would use.
///
/// Links are followed as they would be inside: an absolute one begins at the root again, and `..` ends there, so that no
/// path of an image leads to the host's files.
struct RootFiles: Sendable {
  let root: String

  init(_ root: String) { self.root = root == "/" ? "" : root }

  /// Where a path lies on the host, nil when it leads nowhere.
  ///
  /// - Parameter followingLink: Whether a link at the end is followed too.
  func locate(_ path: String, followingLink: Bool = true) -> String? {
    let place = try? RootedPath(following: path.split(separator: "/"), followingLast: followingLink) { names in
      let candidate = "\(root)/\(names.joined(separator: "/"))"
      guard try FileStatus(of: candidate).kind == .symbolicLink else { return nil }
      return try Files.target(ofLink: candidate)
    }
    guard let place, !place.isLoop else { return nil }
    return "\(root)/\(place.path)"
  }

  /// What the file system knows of a file, nil when there is none.
  func status(_ path: String, followingLink: Bool = true) -> FileStatus? {
    locate(path, followingLink: followingLink).flatMap { try? FileStatus(of: $0) }
  }

  /// The content of a regular file.
  func text(_ path: String, limit: Int = 1 << 28) throws(SystemError) -> String {
    guard let place = locate(path) else { throw SystemError("open", path, code: SystemError.missingFile) }
    guard Files.isFile(place) else { throw SystemError("read", path, code: SystemError.isDirectory) }
    return try Files.text(place, limit: limit)
  }

  /// The names in a directory, none when there is no such directory.
  func list(_ path: String) -> [String] { locate(path).flatMap { try? Files.list($0) } ?? [] }
}

extension SystemError {
  /// ENOENT.
  fileprivate static let missingFile: Int32 = 2
  /// EISDIR.
  fileprivate static let isDirectory: Int32 = 21
}
