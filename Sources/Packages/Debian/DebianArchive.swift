public import HTTP
import Host
import Layers
import OCI
import Trust
import Versions

/// The Debian archive through this machine's configured mirrors: signed indexes, and files accepted by digest.
public struct DebianArchive: Sendable {
  private let configuration: AptConfiguration
  private let client: HTTPClient
  private let cache: String
  private let now: Int

  /// Largest Release file and index that are read, in bytes; Debian's own are 150 kB and 50 MB.
  private static let releaseLimit: Int64 = 8 << 20
  private static let indexLimit = 512 << 20

  /// Uses mirrors, a client and a cache.
  ///
  /// - Parameters:
  ///   - cache: A directory for files by digest; made when missing.
  ///   - now: The time in seconds since 1970, against which a suite's validity is checked.
  public init(configuration: AptConfiguration, client: HTTPClient, cache: String, now: Int) {
    self.configuration = configuration
    self.client = client
    self.cache = cache
    self.now = now
  }

  /// The suites that make up a release: itself, its updates between point releases, and its security fixes.
  public static func suites(ofRelease codename: String) -> [String] {
    [codename, "\(codename)-updates", "\(codename)-security"]
  }

  /// Reads and verifies the indexes of suites.
  public func universe(
    suites: [String], components: [String] = ["main"], architecture: String
  ) async throws(DebianError) -> DebianUniverse {
    var evidence: [DebianArchiveEvidence] = []
    var indexes: [PackageIndex] = []
    for suite in suites {
      let (proof, read) = try await load(suite, components: components, architecture: architecture)
      evidence.append(proof)
      indexes += read
    }
    return DebianUniverse(architecture: architecture, evidence: evidence, indexes: indexes)
  }

  /// Tries the roots that serve a suite in turn; only a mirror that can't be had or that lags behind leads to the next.
  private func load(
    _ suite: String, components: [String], architecture: String
  ) async throws(DebianError) -> (DebianArchiveEvidence, [PackageIndex]) {
    let places = configuration.sources(forSuite: suite).flatMap { source in source.roots.map { (source, $0) } }
    guard !places.isEmpty else { throw .noSource(suite: suite) }
    var unreachable: [HTTPError] = []
    var first: DebianError?
    for (source, root) in places {
      do throws(DebianError) {
        return try await load(suite, components: components, architecture: architecture, source: source, root: root)
      } catch {
        switch error {
        case .unreachable(_, let errors): unreachable += errors
        case .wrongContent, .expired: first = first ?? error
        default: throw error
        }
      }
    }
    throw first ?? .unreachable("the suite '\(suite)'", unreachable)
  }

  private func load(
    _ suite: String, components: [String], architecture: String, source: AptSource, root: HTTPURL
  ) async throws(DebianError) -> (DebianArchiveEvidence, [PackageIndex]) {
    let folder = root.appending(path: "dists/\(suite)")
    var request = HTTPRequest(.get, folder.appending(path: "InRelease"))
    request.limits.bodyBytes = Self.releaseLimit
    let signed: [UInt8]
    do throws(HTTPError) { signed = try await client.data(for: request).requiringSuccess().body } catch {
      throw .unreachable("the Release file of '\(suite)'", [error])
    }
    let (keys, fingerprints) = try configuration.keyring(for: source)
    let signature = try await ReleaseSignature(
      verifying: signed, suite: suite, keys: keys, fingerprints: fingerprints, temporaryParent: "\(cache)/temporary")
    let release = try ReleaseFile(parsing: signature.text, suite: suite)
    try release.check(isSuite: suite)
    try release.check(
      isCurrentAt: now, suite: suite, validity: configuration.checksValidity(source), date: configuration.checksDate)
    var proofs: [DebianArchiveEvidence.Index] = []
    var indexes: [PackageIndex] = []
    for component in components {
      for kind in release.mergesArchitectureAll ? [architecture] : [architecture, "all"] {
        guard let (path, packed, plain) = release.index(component, architecture: kind) else {
          throw .noIndex(suite: suite, path: "\(component)/binary-\(kind)/Packages")
        }
        let bytes = try await index(path, packed, plain, in: folder, hashed: release.hasHashedNames)
        indexes.append(await Self.parsed(bytes, suite: suite))
        proofs.append(DebianArchiveEvidence.Index(path: path, size: packed.size, digest: packed.digest))
      }
    }
    let proof = DebianArchiveEvidence(
      suite: suite, codename: release.codename, date: release.date, release: SHA256.digest(of: signed),
      signers: signature.signers, indexes: proofs)
    return (proof, indexes)
  }

  private static func parsed(_ bytes: [UInt8], suite: String) async -> PackageIndex {
    await BlockingPool.run { PackageIndex(bytes, suite: suite) }
  }

  /// An index unpacked, from the cache or the mirror.
  ///
  /// The cache holds the unpacked form, whose digest is signed too: a second resolution reads 50 MB instead of unpacking 9.
  private func index(
    _ path: String, _ packed: ReleaseFile.Entry, _ plain: ReleaseFile.Entry, in folder: HTTPURL, hashed: Bool
  ) async throws(DebianError) -> [UInt8] {
    let stored = self.path(of: plain.digest)
    if let bytes = await Self.read(stored, expecting: plain) { return bytes }
    guard plain.size <= Self.indexLimit, packed.size <= Self.indexLimit else {
      throw .malformed("the index \(path)", reason: "it is larger than \(Self.indexLimit) bytes")
    }
    // By its digest a mirror serves the very file that the Release file means, also while it is being updated.
    let name = hashed ? "\(Path.parent(path) ?? "")/by-hash/SHA256/\(packed.digest.hex)" : path
    let file = self.path(of: packed.digest)
    try await download(folder.appending(path: name), to: file, packed, what: "the index \(path)")
    do throws(DebianError) {
      let bytes = try await Self.unpack(file, path: path, expecting: plain, to: stored)
      if file != stored { try? Files.remove(file) }
      return bytes
    } catch {
      try? Files.remove(file)
      throw error
    }
  }

  private static func read(_ path: String, expecting entry: ReleaseFile.Entry) async -> [UInt8]? {
    await BlockingPool.run {
      guard let bytes = try? Files.read(path, limit: entry.size), bytes.count == entry.size,
        SHA256.digest(of: bytes) == entry.digest
      else { return nil }
      return bytes
    }
  }

  private static func unpack(
    _ file: String, path: String, expecting entry: ReleaseFile.Entry, to stored: String
  ) async throws(DebianError) -> [UInt8] {
    try await BlockingPool.run { () throws(DebianError) in
      let bytes: [UInt8]
      do throws(LayerError) { bytes = try DecompressedSource(FileSource(path: file)).readAll(limit: entry.size) } catch
      {
        throw .malformed("the index \(path)", reason: "\(error)")
      }
      guard bytes.count == entry.size, SHA256.digest(of: bytes) == entry.digest else {
        throw .malformed("the index \(path)", reason: "its unpacked form has another digest than the signed one")
      }
      do throws(SystemError) { try Files.write(bytes, to: stored) } catch { throw .system(error) }
      return bytes
    }
  }

  /// Where a file of this digest lies in the cache.
  private func path(of digest: Digest) -> String { "\(cache)/\(digest.algorithm.rawValue)/\(digest.hex)" }

  /// Brings a file into the cache; one error for each thing that can be wrong.
  private func download(
    _ url: HTTPURL, to path: String, _ entry: ReleaseFile.Entry, what: String, progress: HTTPProgress? = nil
  ) async throws(DebianError) {
    do throws(SystemError) { try Files.createDirectory(Path.parent(path) ?? cache) } catch { throw .system(error) }
    do throws(HTTPError) {
      _ = try await client.download(
        HTTPRequest(.get, url), to: path,
        expecting: HTTPClient.Expectation(digest: entry.digest, size: Int64(entry.size)), progress: progress)
    } catch {
      switch error.kind {
      case .digestMismatch, .wrongSize, .tooLarge: throw .wrongContent(what, error)
      default: throw .unreachable(what, [error])
      }
    }
  }
}

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
    for source in configuration.sources(forSuite: pin.suite) + configuration.sources {
      for root in source.roots where !roots.contains(root) { roots.append(root) }
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

  /// The highest version in the release that the pin's suite belongs to; nil also when its index can't be had.
  private func successor(of pin: DebianPin) async throws(DebianError) -> DebianVersion? {
    var release = pin.suite
    for ending in ["-updates", "-security"] where release.hasSuffix(ending) { release.removeLast(ending.count) }
    let architecture = pin.architecture == "all" ? "amd64" : pin.architecture
    let suites = Self.suites(ofRelease: release)
    guard let universe = try? await universe(suites: suites, architecture: architecture) else { return nil }
    return try universe.versions(of: pin.name).first?.version
  }

  private static func isIntact(_ path: String, _ entry: ReleaseFile.Entry) async -> Bool {
    await BlockingPool.run {
      guard let (digest, size) = try? SHA256.digest(ofFile: path) else { return false }
      return digest == entry.digest && size == entry.size
    }
  }
}

extension HTTPURL {
  /// The address of a path below this one, which is read as a folder.
  fileprivate func appending(path: String) -> HTTPURL {
    path.split(separator: "/").reduce(self) { $0.appending(component: String($1)) }
  }
}
