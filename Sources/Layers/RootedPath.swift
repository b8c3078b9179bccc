/// Where a path leads when its links are followed as a process would whose root directory is the tree's: no link leads out.
///
/// Parts that do not exist stay as they are, so that the place of a new file is found, too. Source: path_resolution(7).
package struct RootedPath: Sendable {
  /// How many links one path may lead over, as in Linux.
  private static let mostLinks = 40

  /// The names from the root to the place; none for the root itself.
  package private(set) var names: [String] = []
  /// Whether it leads over more links than may be; the names are those that it came to.
  package private(set) var isLoop = false

  /// The names with a slash between each two, none before the first.
  package var path: String { names.joined(separator: "/") }

  /// Follows a path.
  ///
  /// - Parameters:
  ///   - parts: What stands between the path's slashes; empty ones, `.` and `..` may be among them.
  ///   - followingLast: Whether a link at the end is followed.
  ///   - target: What a link at a place says; nil when there is none.
  package init<Failure: Error>(
    following parts: some Sequence<some StringProtocol>, followingLast: Bool = true,
    target: (_ names: [String]) throws(Failure) -> String?
  ) throws(Failure) {
    var pending = Array(parts.map { String($0) }.reversed())
    var links = 0
    while let part = pending.popLast() {
      if part == "." || part.isEmpty { continue }
      if part == ".." {
        _ = names.popLast()
        continue
      }
      names.append(part)
      guard followingLast || !pending.isEmpty, let target = try target(names) else { continue }
      links += 1
      if links > Self.mostLinks {
        isLoop = true
        continue
      }
      names.removeLast()
      if target.hasPrefix("/") { names.removeAll() }
      pending += target.split(separator: "/").map(String.init).reversed()
    }
  }
}
