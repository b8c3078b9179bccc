public import Host
internal import Images
public import OCI
internal import Packages
public import Resolution
internal import Trust

/// A folder with every file that a lock names, from which the image can be built without a network, at any time.
///
/// It holds `debian/` by the archive's own paths, `rpm/` and `python/` by file name, `jars/` by their places in a Maven repository, `base/` as an OCI layout, `runtime/` with the
/// binary, the lock, and `SHA256SUMS` for `sha256sum --check`. Nothing in it is believed: each file is hashed on its way in
/// and on its way out.
public struct VendoredFolder: Sendable {
  /// The name of the list of digests, written last.
  static let sums = "SHA256SUMS"
  /// Where the files of package managers lie.
  private static let folders = ["debian", "jars", "python", "rpm"]
  /// Where the base image lies.
  static let base = "base"
  /// Where the runtime lies.
  public static let runtime = "runtime/glue-athena"

  /// Why a folder can't be vendored into, or built from.
  public enum Failure: Error, Sendable, CustomStringConvertible {
    /// The folder has files that Drydock did not write.
    case foreign(String)
    /// A file that the lock names is not there.
    case missing(String, folder: String)
    /// A file has other content.
    case changed(String, expected: Digest, found: Digest)

    /// What is wrong, in one sentence.
    public var description: String {
      switch self {
      case .foreign(let path): "\(path) exists and is no vendored folder"
      case .missing(let file, let folder): "\(folder) lacks \(file), which the lock names"
      case .changed(let path, let expected, let found):
        "\(path) has the digest \(found), the lock has \(expected)"
      }
    }
  }

  /// What was written.
  public struct Summary: Sendable, Hashable {
    /// The number of files.
    public var files = 0
    /// Their size in bytes.
    public var size = 0
    /// The number of files that were there before and have the right content.
    public var kept = 0
  }

  /// The folder's path.
  public let path: String
  private let cache: BuildCache
  private let progress: Progress

  /// Names a folder.
  public init(_ path: String, cache: BuildCache, progress: Progress) {
    self.path = Path.absolute(path)
    self.cache = cache
    self.progress = progress
  }

  // MARK: Writing

  /// Refuses a folder that is somebody's own.
  public func requireOwn() throws {
    guard Files.exists(path) else { return }
    guard Files.isDirectory(path) else { throw Failure.foreign(path) }
    let known: Set<String> = Set(Self.folders + [Self.base, "runtime", "drydock.lock", Self.sums])
    guard try Files.list(path).allSatisfy({ known.contains($0) || $0.hasSuffix(".tmp") }) else {
      throw Failure.foreign(path)
    }
  }

  /// Fetches what the cache lacks and copies all of it here; what lies here already and is right stays.
  ///
  /// Broken off, it goes on where it was. Files of another lock go away.
  public func write(
    _ lock: LockFile, of spec: Spec, from sources: ArtefactSources, runtimes: [RuntimeBinary]
  ) async throws -> Summary {
    try requireOwn()
    var files: [VendoredFile] = []
    for lock in lock.locks {
      try await fetch(lock, spec, sources)
      // What is for any machine is named by the lock of each platform.
      files += VendoredFile.all(of: lock, sources).filter { !files.contains($0) }
    }
    for (path, runtime) in Self.places(of: runtimes) {
      files.append(VendoredFile(path: path, digest: runtime.digest, cached: runtime.path))
    }
    try Files.createDirectory(path)
    var summary = try await progress.during("copy \(files.count) files") { [files] in
      try await BlockingPool.run { try copy(files) }
    }
    for (name, runtime) in Self.places(of: runtimes) {
      try Files.changeMode("\(path)/\(name)", 0o755)
      try Files.write("\(runtime.inputs)\n", to: "\(path)/\(name)\(RuntimeBinary.inputsSuffix)")
    }
    try Files.write(lock.text, to: "\(path)/drydock.lock")
    try prune(keeping: Set(files.map(\.path)))
    let blobs = try baseBlobs()
    summary.files += blobs.count
    for (name, digest) in blobs {
      summary.size += try FileStatus(of: "\(path)/\(name)").size
      files.append(VendoredFile(path: name, digest: digest, cached: ""))
    }
    let lines = files.map { "\($0.digest.hex)  \($0.path)\n" } + ["\(lock.digest.hex)  drydock.lock\n"]
    try Files.write(lines.sorted { $0.dropFirst(66) < $1.dropFirst(66) }.joined(), to: "\(path)/\(Self.sums)")
    return summary
  }

  /// Brings what one platform's lock names into the cache.
  private func fetch(_ lock: Lock, _ spec: Spec, _ sources: ArtefactSources) async throws {
    if let pins = lock.debian?.packages, let archive = sources.debian {
      try await progress.during("download \(pins.count) Debian packages") { _ = try await archive.fetch(pins) }
    }
    if let pins = lock.rpm?.packages, let repositories = sources.rpm,
      let request = spec.rpm?.request(for: lock.platform)
    {
      try await progress.during("download \(pins.count) RPM packages") {
        _ = try await repositories.fetch(pins, from: request)
      }
    }
    if let pins = lock.jars?.artifacts, let maven = sources.maven {
      try await progress.during("download \(pins.count) jars") { _ = try await maven.fetch(pins) }
    }
    _ = try await sources.python.fetch(VendoredFile.pythonPackages(of: lock), progress: progress)
  }

  /// Where runtimes lie: the first one under its own name, one for another processor with that behind it.
  private static func places(of runtimes: [RuntimeBinary]) -> [(path: String, runtime: RuntimeBinary)] {
    var places: [(path: String, runtime: RuntimeBinary)] = []
    for binary in runtimes where !places.contains(where: { $0.runtime.digest == binary.digest }) {
      places.append((places.isEmpty ? Self.runtime : "\(Self.runtime)-\(binary.architecture ?? "other")", binary))
    }
    return places
  }

  /// Where the runtime for a processor may lie in a vendored folder.
  public static func runtimes(for architecture: String) -> [String] { ["\(runtime)-\(architecture)", runtime] }

  private func copy(_ files: [VendoredFile]) throws -> Summary {
    var summary = Summary()
    for file in files {
      let target = "\(path)/\(file.path)"
      let size = try FileStatus(of: file.cached, followingLink: true).size
      if let found = try? SHA256.digest(ofFile: target), found.digest == file.digest {
        summary.kept += 1
      } else {
        try ContentStore.copy(file.cached, size: size, to: target, as: file.digest, mayLink: false)
      }
      summary.files += 1
      summary.size += size
    }
    return summary
  }

  /// Removes files that no entry names, such as those of the pins before.
  private func prune(keeping names: Set<String>) throws {
    for folder in Self.folders {
      for name in try Self.files(below: folder, in: path) where !names.contains(name) {
        try Files.remove("\(path)/\(name)")
      }
    }
  }

  private static func files(below folder: String, in root: String) throws -> [String] {
    guard Files.isDirectory("\(root)/\(folder)") else { return [] }
    return try Files.list("\(root)/\(folder)").sorted().flatMap { name -> [String] in
      let path = "\(folder)/\(name)"
      return Files.isDirectory("\(root)/\(path)") ? try files(below: path, in: root) : [path]
    }
  }

  /// Where the base image's OCI layout lies.
  public var basePath: String { "\(path)/\(Self.base)" }

  private func baseBlobs() throws -> [(name: String, digest: Digest)] {
    try Self.files(below: "\(Self.base)/blobs/sha256", in: path).compactMap { name in
      (try? Digest(algorithm: .sha256, hex: Path.name(name))).map { (name, $0) }
    }
  }

  // MARK: Reading

  /// Brings every file that a lock names from here into the cache, so that a build asks nobody.
  public func bringIntoCache(_ lock: Lock, _ sources: ArtefactSources, bases: BaseImages) async throws {
    guard Files.isDirectory(path) else { throw Failure.missing("everything", folder: path) }
    let files = VendoredFile.all(of: lock, sources)
    try await progress.during("verify \(files.count) vendored files") {
      try await BlockingPool.run {
        for file in files { try bring("\(path)/\(file.path)", named: file.path, to: file.cached, as: file.digest) }
        let store = try ContentStore(at: cache.folder(.store))
        for (name, digest) in try baseBlobs() where !store.contains(digest) {
          try bring("\(path)/\(name)", named: name, to: store.path(of: digest), as: digest)
        }
        if let base = lock.base {
          guard store.contains(base.digest) else { throw Failure.missing("the base \(base.digest)", folder: path) }
          try bases.adopt(base, platform: lock.platform)
        }
      }
    }
  }

  private func bring(_ source: String, named name: String, to target: String, as digest: Digest) throws {
    guard Files.isFile(source) else { throw Failure.missing(name, folder: path) }
    if let present = try? SHA256.digest(ofFile: target), present.digest == digest { return }
    do throws(ImageError) {
      try ContentStore.copy(
        source, size: try hostedSize(of: source), to: target, as: digest, mayLink: false)
    } catch {
      if case .wrongDigest(let expected, let found, _) = error {
        throw Failure.changed(source, expected: expected, found: found)
      }
      throw error
    }
  }

  private func hostedSize(of path: String) throws(ImageError) -> Int {
    do throws(SystemError) { return try FileStatus(of: path, followingLink: true).size } catch { throw .system(error) }
  }
}
