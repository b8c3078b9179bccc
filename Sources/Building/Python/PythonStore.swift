public import Host
internal import HTTP
public import OCI
public import Packages
public import Resolution
internal import Trust
public import Versions

/// Locked files of Python packages on this machine, found through the configured index and accepted by their hash.
public struct PythonStore: Sendable {
  /// Why a locked file is not there.
  public enum Failure: Error, Sendable, CustomStringConvertible {
    /// The index lists no file of that name any longer.
    case vanished(PackageName, PEP440Version, file: String, successor: PEP440Version?)
    /// The index lists the file with another hash.
    case changed(PackageName, file: String, expected: Digest, found: String)

    /// What happened, in one sentence.
    public var description: String {
      switch self {
      case .vanished(let name, let version, let file, let successor):
        "the index no longer has \(file), which locks \(name) \(version)"
          + (successor.map { "; the nearest version that it has is \($0)" } ?? "")
      case .changed(let name, let file, let expected, let found):
        "the index lists \(file) of \(name) with sha256 \(found), the lock has \(expected.hex)"
      }
    }
  }

  private let index: SimpleIndex
  private let directory: String

  /// Keeps files of an index in a cache.
  public init(index: SimpleIndex, cache: BuildCache) {
    self.index = index
    directory = cache.folder(.python)
  }

  /// Where a file lies, or would lie: below its digest under its own name, as installers read names.
  public func path(of file: Lock.File) -> String { "\(directory)/\(file.digest.hex)/\(file.name)" }

  /// Brings the files of packages here, several at a time, and gives their paths in the same order.
  public func fetch(
    _ packages: [Lock.PythonPackage], progress: Progress = .none
  ) async throws -> [String] {
    try await withThrowingTaskGroup(of: (Int, String).self) { group in
      var paths = [String](repeating: "", count: packages.count)
      var waiting = Array(packages.enumerated())[...]
      func start() {
        guard let (number, package) = waiting.popFirst() else { return }
        group.addTask { (number, try await fetch(package, progress: progress)) }
      }
      for _ in 0..<8 { start() }
      while let (number, path) = try await group.next() {
        paths[number] = path
        start()
      }
      return paths
    }
  }

  /// Brings one package's file here and gives its path.
  ///
  /// - Throws: ``Failure`` when the index has it no longer or has another one, else what the index throws.
  public func fetch(_ package: Lock.PythonPackage, progress: Progress = .none) async throws -> String {
    let path = path(of: package.file)
    if Files.exists(path) { return path }
    let listed = try await listed(package)
    if let found = listed.sha256, found != package.file.digest.hex {
      throw Failure.changed(package.name, file: listed.fileName, expected: package.file.digest, found: found)
    }
    let name = "download \(listed.fileName)"
    progress.report(name, .started(total: package.file.size), unit: .bytes)
    defer { progress.report(name, .finished(nil), unit: .bytes) }
    try Files.createDirectory(Path.parent(path) ?? directory)
    let download = try await index.fetch(listed, into: path) { received, _ in
      progress.report(name, .advanced(completed: Int(received)), unit: .bytes)
    }
    guard download.digest == package.file.digest else {
      try Files.remove(path)
      throw Failure.changed(
        package.name, file: listed.fileName, expected: package.file.digest, found: download.digest.hex)
    }
    return path
  }

  /// The file as the index lists it today.
  public func listed(_ package: Lock.PythonPackage) async throws -> PythonFile {
    if let address = package.address {
      return try PythonFile(
        fileName: package.file.name, project: package.name, url: address, sha256: package.file.digest.hex,
        size: package.file.size)
    }
    let files = try await index.files(of: package.name)
    if let file = files.first(where: { $0.fileName == package.file.name }) { return file }
    let versions = Set(files.filter { !$0.version.isPreRelease }.map(\.version)).sorted()
    let successor = versions.first { $0 >= package.version } ?? versions.last
    throw Failure.vanished(package.name, package.version, file: package.file.name, successor: successor)
  }

  /// Brings a file of a resolution here, also where the index does not tell its hash, and names it for a lock.
  public func locked(_ file: PythonFile, progress: Progress = .none) async throws -> Lock.File {
    if let sha256 = file.sha256, let digest = try? Digest(algorithm: .sha256, hex: sha256), let size = file.size {
      return Lock.File(name: file.fileName, size: size, digest: digest)
    }
    let waiting = "\(directory)/\(BuildCache.key([file.url]))"
    try Files.createDirectory(waiting)
    let download = try await index.fetch(file, into: "\(waiting)/\(file.fileName)")
    let locked = Lock.File(name: file.fileName, size: Int(download.size), digest: download.digest)
    let path = path(of: locked)
    if !Files.exists(path) {
      try Files.createDirectory(Path.parent(path) ?? directory)
      try Files.rename("\(waiting)/\(file.fileName)", to: path)
    }
    try Files.remove(waiting)
    return locked
  }
}
