public import Host
internal import JSON
internal import OCI
internal import Sandbox
internal import Trust

/// The directory where work is kept by the digest of what it was made from.
///
/// Everything in it can be made again, every entry is complete or absent, and any number of processes may share it.
public struct BuildCache: Sendable {
  /// The directory.
  public let path: String

  /// Uses a directory, `drydock` below the user's cache directory unless told otherwise.
  public init(path: String? = nil) throws(SystemError) {
    self.path = path ?? Path.join(Environment.cacheDirectory, "drydock")
    for name in Folder.allCases { try Files.createDirectory(folder(name)) }
    TemporaryDirectory.removeAbandoned(in: folder(.work), prefix: Self.workPrefix)
  }

  private static let workPrefix = "work"

  /// The kinds of entries.
  public enum Folder: String, CaseIterable, Sendable {
    /// Debian packages and indexes by digest.
    case debian
    /// RPM packages and indexes by digest.
    case rpm
    /// Files of Maven repositories by digest.
    case maven
    /// Wheels and source distributions by digest.
    case python
    /// Pages of the Python index.
    case index
    /// Wheels that were built of source distributions.
    case built
    /// What a layer holds, by the digest of its archive.
    case contents
    /// Compiled modules of one wheel.
    case bytecode
    /// Roots unpacked on disk.
    case roots
    /// What a layer's inputs became.
    case layers
    /// Unpacked wheels that only tests need.
    case sites
    /// Directories of `RUN --mount=type=cache`.
    case mounts
    /// Blobs by digest.
    case store
    /// Work in progress.
    case work
  }

  /// The directory of a kind.
  ///
  /// Files whose owners count lie apart for each way of calling users, as on disk they are others' files.
  public func folder(_ folder: Folder) -> String {
    switch folder {
    case .roots, .mounts: "\(path)/\(folder.rawValue)\(Self.users)"
    default: "\(path)/\(folder.rawValue)"
    }
  }

  private static let users = UserNamespace.name.map { "-" + String(key([$0]).prefix(12)) } ?? ""

  /// A directory for one piece of work, gone with its owner.
  public func workspace() throws(SystemError) -> TemporaryDirectory {
    try TemporaryDirectory(in: folder(.work), prefix: Self.workPrefix)
  }

  /// The key of a piece of work: the digest of everything that its result depends on.
  public static func key(_ parts: [String]) -> String {
    // Each part has its length before it, so that no two lists read the same.
    SHA256.digest(of: parts.map { "\($0.utf8.count):\($0)" }.joined().utf8).hex
  }

  /// Makes the directory of a key unless it is there, and gives its path.
  ///
  /// The directory is made aside and renamed when it is complete; a second process that wants the same one waits.
  public func directory(
    _ folder: Folder, key: String, _ make: (_ directory: String) async throws -> Void
  ) async throws -> String {
    let path = "\(self.folder(folder))/\(key)"
    if Files.exists(path) { return path }
    let lock = try FileHandle(writing: path + ".lock", .keep)
    while try !lock.lock(waiting: false) { try await Task.sleep(for: .milliseconds(50)) }
    if Files.exists(path) { return path }
    let workspace = try workspace()
    let directory = workspace.path + "/entry"
    try Files.createDirectory(directory)
    try await make(directory)
    try Files.rename(directory, to: path)
    return path
  }

  /// Makes the file of a key unless it is there, and gives its path.
  public func file(
    _ folder: Folder, key: String, _ make: (_ path: String) async throws -> Void
  ) async throws -> String {
    let path = "\(self.folder(folder))/\(key)"
    if Files.exists(path) { return path }
    let workspace = try workspace()
    let made = workspace.path + "/entry"
    try await make(made)
    try Files.rename(made, to: path)
    return path
  }
}
