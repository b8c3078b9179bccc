internal import Host
internal import Layers

/// The files of a root on disk, found as a process in that root would find them: no link leads out of it.
struct RootFiles: Sendable {
  let root: String

  /// A path with its links followed, without a slash before it; parts that do not exist stay as they are.
  func resolve(_ path: String) throws(LayerError) -> String {
    try RootedPath(following: path.split(separator: "/")) { names throws(LayerError) in
      let place = "\(root)/\(names.joined(separator: "/"))"
      guard kind(place) == .symbolicLink else { return nil }
      do throws(SystemError) { return try Files.target(ofLink: place) } catch { throw .system(error) }
    }.path
  }

  /// Whether a directory lies at a path whose links were followed.
  func isDirectory(_ path: String) -> Bool { kind("\(root)/\(path)") == .directory }

  private func kind(_ path: String) -> FileStatus.Kind? { (try? FileStatus(of: path))?.kind }
}
