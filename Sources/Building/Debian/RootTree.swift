import Host
import Synchronization

/// The tree that several packages are unpacked into at once.
///
/// No path is ever followed through a link that a package brought: a directory counts only once it was seen here as a real
/// one, and nothing removes it again.
final class RootTree: Sendable {
  /// The tree's directory.
  let path: String
  private let known = Mutex<Set<String>>([""])

  init(_ path: String) {
    self.path = path
  }

  /// The path on the disk of a path in the tree.
  func place(_ name: String) -> String { name.isEmpty ? path : "\(path)/\(name)" }

  /// Makes a directory and those above it; one that is there already keeps its mode.
  ///
  /// - Returns: Whether it is a directory now; false if something else has its name.
  func makeDirectory(_ name: String) throws(SystemError) -> Bool {
    if known.withLock({ $0.contains(name) }) { return true }
    guard try makeDirectory(Path.parent(name) ?? "") else { return false }
    let place = place(name)
    if !Files.exists(place) { try Files.createDirectory(place) }
    guard try FileStatus(of: place).kind == .directory else { return false }
    known.withLock { _ = $0.insert(name) }
    return true
  }
}
