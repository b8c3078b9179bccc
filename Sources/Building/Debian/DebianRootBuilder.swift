import Host
public import OCI
public import Packages
import Sandbox
import Trust

/// Builds a Debian root from locked packages, the same to the last byte whenever and wherever it is built.
///
/// All packages are unpacked at once, straight from their archives, and dpkg then configures them in one run inside the
/// sandbox. dpkg itself would unpack one after the other, with a flush to the disk for each.
public struct DebianRootBuilder: Sendable {
  /// The packages, sorted by name.
  public let pins: [DebianPin]
  /// The latest time that a file may have, in seconds since 1970.
  public let epoch: Int
  /// Files that are left out.
  public let exclusions: PathExclusions
  /// The processor architecture, in Debian's word.
  public let architecture: String

  /// What the packages' own programs are needed for.
  static let work = "the scripts of Debian packages are run"

  /// Raised whenever the same packages give other bytes than before, so that no cached root outlives the code that made it.
  private static let formatVersion = 2

  /// Describes a root.
  public init(pins: [DebianPin], epoch: Int, exclusions: PathExclusions = .none, architecture: String = "amd64") {
    self.pins = pins.sorted { $0.name < $1.name }
    self.epoch = epoch
    self.exclusions = exclusions
    self.architecture = architecture
  }

  /// What is going on.
  public enum Step: Sendable, Hashable {
    /// Packages come from the mirror or the cache.
    case fetching(packages: Int, of: Int, bytes: Int)
    /// Packages are unpacked.
    case unpacking(packages: Int, of: Int)
    /// dpkg configures packages; the line is its own, for example `Setting up tar (1.34+dfsg-1.2) ...`.
    case configuring(String)
    /// Times, logs and caches are evened out.
    case normalizing
  }

  /// The digest of everything that decides the root's bytes.
  public var key: Digest {
    var lines = ["debian-root \(Self.formatVersion)", "epoch \(epoch)", "architecture \(architecture)"]
    lines += pins.map { "package \($0.name) \($0.version) \($0.architecture) \($0.digest)" }
    lines += exclusions.excluded.map { "exclude \($0)" } + exclusions.included.map { "include \($0)" }
    return SHA256.digest(of: Array(lines.joined(separator: "\n").utf8))
  }

  /// Whether the root lies below a workspace already.
  func isBuilt(in workspace: String) -> Bool { Files.isDirectory("\(workspace)/\(key.hex)") }

  /// Refuses a root whose scripts nothing here can run, before anything is fetched.
  private func requireProcessor(in workspace: String) async throws(DebianRootError) {
    do {
      try await Processor.require(
        Platform(os: "linux", architecture: architecture), for: Self.work, in: workspace)
    } catch let error as EmulationError {
      throw .emulation(error)
    } catch let error as SystemError {
      throw .system(error)
    } catch {
      // The task was cancelled while it waited; what comes next will notice.
    }
  }

  /// Builds the root below a workspace, or finds it there.
  ///
  /// A root appears under its key at once and whole; what a killed run left is removed by the next.
  ///
  /// - Parameters:
  ///   - archive: Where packages come from that are not in its cache.
  ///   - workspace: A directory for roots; made when missing.
  ///   - stage: A program that calls ``SandboxStage/runIfRequested()`` first thing in its `main`.
  /// - Returns: The root's path. Its files belong to the cache and must not be changed.
  public func build(
    from archive: DebianArchive, in workspace: String, stage: String = "/proc/self/exe",
    progress: (@Sendable (Step) -> Void)? = nil
  ) async throws(DebianRootError) -> String {
    let target = "\(workspace)/\(key.hex)"
    if Files.isDirectory(target) { return target }
    guard Environment.isRoot else {
      throw UserNamespace.refusal.map { .sandbox($0) } ?? .needsRoot
    }
    guard !UserNamespace.isSingle else { throw .needsUsers }
    try await requireProcessor(in: workspace)
    let files: [String]
    do {
      files = try await archive.fetch(pins) { packages, bytes in
        progress?(.fetching(packages: packages, of: pins.count, bytes: bytes))
      }
    } catch {
      throw .package(error)
    }
    let temporary: TemporaryDirectory
    do { temporary = try TemporaryDirectory(in: workspace, prefix: "root") } catch { throw .system(error) }
    defer { temporary.remove() }
    let root = "\(temporary.path)/root"
    let packages = try await unpack(files, into: root, progress: progress)
    try await configure(packages, in: root, stage: stage, progress: progress)
    progress?(.normalizing)
    let packaged = Set(packages.flatMap(\.files.keys))
    try await BlockingPool.run { () throws(DebianRootError) in
      try onDisk { () throws(SystemError) in
        try RootNormalizer(root: root, epoch: epoch, packaged: packaged).run()
      }
    }
    do { try Files.rename(root, to: target) } catch {
      // Another process may have been faster; its root is the same.
      guard Files.isDirectory(target) else { throw .system(error) }
    }
    return target
  }
}
