internal import Host
internal import Layers

/// The files of a root on disk, found as a process in that root would find them: no link leads out of it.
struct RootFiles: Sendable {
  /// How many links one path may lead over, as in Linux (path_resolution(7)).
  private static let mostLinks = 40

  let root: String

  /// A path with its links followed, without a slash before it; parts that do not exist stay as they are.
  func resolve(_ path: String) throws(LayerError) -> String {
    var pending = Array(path.split(separator: "/").map(String.init).reversed())
    var place: [String] = []
    var links = 0
    while let part = pending.popLast() {
      if part == "." { continue }
      if part == ".." {
        _ = place.popLast()
        continue
      }
      place.append(part)
      let full = "\(root)/\(place.joined(separator: "/"))"
      guard links < Self.mostLinks, kind(full) == .symbolicLink else { continue }
      let target: String
      do throws(SystemError) { target = try Files.target(ofLink: full) } catch { throw .system(error) }
      links += 1
      place.removeLast()
      if target.hasPrefix("/") { place.removeAll() }
      pending += target.split(separator: "/").map(String.init).reversed()
    }
    return place.joined(separator: "/")
  }

  /// Whether a directory lies at a path whose links were followed.
  func isDirectory(_ path: String) -> Bool { kind("\(root)/\(path)") == .directory }

  private func kind(_ path: String) -> FileStatus.Kind? { (try? FileStatus(of: path))?.kind }
}
