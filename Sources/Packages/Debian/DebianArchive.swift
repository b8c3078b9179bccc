public import HTTP
import Host
import Layers
package import OCI
import Trust

/// The Debian archive through this machine's configured mirrors: signed indexes, and files accepted by digest.
public struct DebianArchive: Sendable {
  let configuration: AptConfiguration
  let client: HTTPClient
  private let cache: String
  private let now: Int
  /// The time whose state of the archive counts, in seconds since 1970; nil for the newest.
  let snapshot: Int?

  /// Largest Release file and index that are read, in bytes; Debian's own are 150 kB and 50 MB.
  private static let releaseLimit: Int64 = 8 << 20
  private static let indexLimit = 512 << 20

  /// Uses mirrors, a client and a cache.
  ///
  /// - Parameters:
  ///   - cache: A directory for files by digest; made when missing.
  ///   - now: The time in seconds since 1970, against which a suite's validity is checked.
  ///   - snapshot: The time whose state of the archive counts; validity is checked against it.
  public init(
    configuration: AptConfiguration, client: HTTPClient, cache: String, now: Int, snapshot: Int? = nil
  ) {
    self.configuration = configuration
    self.client = client
    self.cache = cache
    self.now = now
    self.snapshot = snapshot
  }

  /// The archive as it was at a time, or as it is now.
  public func at(_ snapshot: Int?) -> DebianArchive {
    DebianArchive(configuration: configuration, client: client, cache: cache, now: now, snapshot: snapshot)
  }

  /// The suites that make up a release: itself, its updates between point releases, and its security fixes.
  public static func suites(ofRelease codename: String) -> [String] {
    [codename, "\(codename)-updates", "\(codename)-security"]
  }

  /// Reads and verifies the indexes of suites.
  public func universe(
    suites: [String], components: [String] = ["main"], architecture: String, preferences: [DebianPreference] = []
  ) async throws(DebianError) -> DebianUniverse {
    var evidence: [DebianArchiveEvidence] = []
    var indexes: [PackageIndex] = []
    for suite in suites {
      let (proof, read) = try await load(suite, components: components, architecture: architecture)
      evidence.append(proof)
      indexes += read
    }
    return DebianUniverse(architecture: architecture, evidence: evidence, indexes: indexes, preferences: preferences)
  }

  /// Tries the roots that serve a suite in turn; only a mirror that can't be had or that lags behind leads to the next.
  private func load(
    _ suite: String, components: [String], architecture: String
  ) async throws(DebianError) -> (DebianArchiveEvidence, [PackageIndex]) {
    let sources = configuration.sources(forSuite: suite)
    guard !sources.isEmpty else { throw .noSource(suite: suite) }
    let places = sources.flatMap { source in
      (snapshot.map { configuration.snapshots(of: source, at: $0) } ?? source.roots).map { (source, $0) }
    }
    if let snapshot, places.isEmpty { throw .noSnapshot(suite: suite, stamp: DebianSnapshot.stamp(snapshot)) }
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
      isCurrentAt: snapshot ?? now, suite: suite, validity: configuration.checksValidity(source),
      date: configuration.checksDate)
    var proofs: [DebianArchiveEvidence.Index] = []
    var indexes: [PackageIndex] = []
    for component in components {
      for kind in release.mergesArchitectureAll ? [architecture] : [architecture, "all"] {
        guard let (path, packed, plain) = release.index(component, architecture: kind) else {
          throw .noIndex(suite: suite, path: "\(component)/binary-\(kind)/Packages")
        }
        let bytes = try await index(path, packed, plain, in: folder, hashed: release.hasHashedNames)
        indexes.append(await Self.parsed(bytes, suite: suite, release: release.release, component: component))
        proofs.append(DebianArchiveEvidence.Index(path: path, size: packed.size, digest: packed.digest))
      }
    }
    let proof = DebianArchiveEvidence(
      suite: suite, codename: release.codename, date: release.date, release: SHA256.digest(of: signed),
      signers: signature.signers, indexes: proofs)
    return (proof, indexes)
  }

  private static func parsed(
    _ bytes: [UInt8], suite: String, release: DebianRelease, component: String
  ) async -> PackageIndex {
    await BlockingPool.run { PackageIndex(bytes, suite: suite, release: release, component: component) }
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
  package func path(of digest: Digest) -> String { "\(cache)/\(digest.algorithm.rawValue)/\(digest.hex)" }

  /// Brings a file into the cache; one error for each thing that can be wrong.
  func download(
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

extension HTTPURL {
  /// The address of a path below this one, which is read as a folder.
  func appending(path: String) -> HTTPURL {
    path.split(separator: "/").reduce(self) { $0.appending(component: String($1)) }
  }
}
