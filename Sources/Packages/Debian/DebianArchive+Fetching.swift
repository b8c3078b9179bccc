import HTTP
import Host
import Trust
import Versions

extension DebianArchive {
  /// Brings the packages of pins into the cache, several at a time, and gives their paths in the same order.
  ///
  /// A file that lies there already is hashed again: a cache is trusted as little as a mirror.
  ///
  /// - Parameter progress: Told the number of packages that are there and their bytes, each time one came.
  public func fetch(
    _ pins: [DebianPin], progress: (@Sendable (_ packages: Int, _ bytes: Int) -> Void)? = nil
  ) async throws(DebianError) -> [String] {
    let outcome: Result<Void, DebianError> = await withTaskGroup(of: Result<Int, DebianError>.self) { group in
      var (waiting, done, bytes) = (pins[...], 0, 0)
      func start() {
        guard let pin = waiting.popFirst() else { return }
        group.addTask { @concurrent in
          do throws(DebianError) {
            _ = try await fetch(pin)
            return .success(pin.size)
          } catch { return .failure(error) }
        }
      }
      for _ in 0..<client.configuration.connectionsPerHost { start() }
      while let result = await group.next() {
        switch result {
        case .success(let size):
          done += 1
          bytes += size
          progress?(done, bytes)
          start()
        case .failure(let error):
          group.cancelAll()
          return .failure(error)
        }
      }
      return .success(())
    }
    try outcome.get()
    return pins.map { path(of: $0.digest) }
  }

  /// Brings one package into the cache and gives its path.
  ///
  /// Every configured mirror is asked for the pin's path, those of its own suite first.
  ///
  /// - Throws: ``DebianError/vanished(_:successor:)`` if each of them says that it does not have the file.
  public func fetch(_ pin: DebianPin) async throws(DebianError) -> String {
    let path = path(of: pin.digest)
    let entry = ReleaseFile.Entry(digest: pin.digest, size: pin.size)
    if await Self.isIntact(path, entry) { return path }
    var roots: [HTTPURL] = []
    let sources = configuration.sources(forSuite: pin.suite) + configuration.sources
    for source in sources { for root in source.roots where !roots.contains(root) { roots.append(root) } }
    // What mirrors have no longer, a keeper of the archive's past may have.
    for source in sources {
      for root in snapshot.map({ configuration.snapshots(of: source, at: $0) }) ?? [] where !roots.contains(root) {
        roots.append(root)
      }
    }
    guard !roots.isEmpty else { throw .noSource(suite: pin.suite) }
    var failures: [HTTPError] = []
    var mismatch: DebianError?
    for root in roots {
      do throws(DebianError) {
        let what = "\(pin.name) \(pin.version)"
        try await download(root.appending(path: pin.filename), to: path, entry, what: what)
        return path
      } catch {
        switch error {
        case .unreachable(_, let errors): failures += errors
        case .wrongContent: mismatch = mismatch ?? error
        default: throw error
        }
      }
    }
    if let mismatch { throw mismatch }
    let missing = failures.filter { $0.kind == .status(404) || $0.kind == .status(410) }
    guard missing.count == failures.count else {
      throw .unreachable("\(pin.name) \(pin.version)", failures.filter { !missing.contains($0) })
    }
    throw .vanished(pin, successor: try await successor(of: pin))
  }

  /// The highest version in the release that the pin's suite belongs to; nil also when no index can be had.
  private func successor(of pin: DebianPin) async throws(DebianError) -> DebianVersion? {
    var release = pin.suite
    for ending in ["-updates", "-security"] where release.hasSuffix(ending) { release.removeLast(ending.count) }
    let architecture = pin.architecture == "all" ? "amd64" : pin.architecture
    var newest: DebianVersion?
    for suite in Self.suites(ofRelease: release) {
      guard let universe = try? await universe(suites: [suite], architecture: architecture),
        let version = try universe.versions(of: pin.name).first?.version
      else { continue }
      newest = newest.map { max($0, version) } ?? version
    }
    return newest
  }

  private static func isIntact(_ path: String, _ entry: ReleaseFile.Entry) async -> Bool {
    await BlockingPool.run {
      guard let (digest, size) = try? SHA256.digest(ofFile: path) else { return false }
      return digest == entry.digest && size == entry.size
    }
  }
}
