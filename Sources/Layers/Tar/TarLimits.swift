/// How much an archive may hold before it is refused.
public struct TarLimits: Sendable, Hashable {
  /// The most entries.
  public var entries: Int
  /// The longest path or link target in bytes.
  public var pathLength: Int
  /// The largest file in bytes.
  public var entrySize: Int
  /// The most bytes in all files together.
  public var totalSize: Int

  /// Sets limits.
  public init(entries: Int, pathLength: Int, entrySize: Int, totalSize: Int) {
    self.entries = entries
    self.pathLength = pathLength
    self.entrySize = entrySize
    self.totalSize = totalSize
  }

  /// What the largest honest images stay well below: two million entries, 16 GiB a file, 64 GiB together.
  public static let generous = TarLimits(
    entries: 2_000_000, pathLength: 4096, entrySize: 16 << 30, totalSize: 64 << 30)
}
