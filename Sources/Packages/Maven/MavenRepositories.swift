public import HTTP
import Host
package import OCI
import Trust
import Versions
import XML

/// Maven repositories through this machine's settings: files checked against the digests that stand beside them.
public struct MavenRepositories: Sendable {
  let settings: MavenSettings
  let client: HTTPClient
  let cache: String
  private let poms = OnceMap<MavenCoordinate, (pom: Pom, digest: Digest)>()
  private let models = OnceMap<MavenCoordinate, MavenModel>()
  private let versions = OnceMap<MavenName, [MavenVersion]>()

  /// Largest POM and list of versions, in bytes; the largest that are public have 1 MB.
  private static let textLimit: Int64 = 16 << 20
  /// How many parents, imports or moves may follow each other.
  private static let depthLimit = 24
  private static let importLimit = 1000

  /// Uses settings, a client and a cache.
  ///
  /// - Parameter cache: A directory for files by digest; made when missing.
  public init(settings: MavenSettings, client: HTTPClient, cache: String) {
    self.settings = settings
    self.client = client
    self.cache = cache
  }

  // MARK: Texts

  /// The POM of an artifact, without its parents.
  func pom(_ coordinate: MavenCoordinate, chain: [String]) async throws(MavenError) -> (pom: Pom, digest: Digest) {
    let name = coordinate.with(fileExtension: "pom")
    guard name.isExact else {
      throw .noVersion(name.name.description, in: chain.last ?? "image.yaml", reason: "it is '\(name.version)'")
    }
    if MavenVersion(name.version).isSnapshot { throw .snapshot(coordinate.description) }
    return try await once(poms, name) { () async throws(MavenError) in
      let bytes = try await text(name, chain: chain)
      return (try Pom(parsing: bytes, of: coordinate.description), SHA256.digest(of: bytes))
    }
  }

  /// What an artifact needs, by its own POM, its parents and what they import.
  func model(_ coordinate: MavenCoordinate, chain: [String]) async throws(MavenError) -> MavenModel {
    try await once(models, coordinate.with(fileExtension: "pom")) { () async throws(MavenError) in
      var budget = Self.importLimit
      return try await join(coordinate, chain: chain, visiting: [], &budget)
    }
  }

  /// Joins a POM with its parents and imports; a circle ends at what is being joined already.
  private func join(
    _ coordinate: MavenCoordinate, chain: [String], visiting: [MavenCoordinate], _ budget: inout Int
  ) async throws(MavenError) -> MavenModel {
    budget -= 1
    guard budget > 0, !visiting.contains(coordinate) else { throw .tooDeep(coordinate.description) }
    let chain = chain + [coordinate.description]
    var pom = try await pom(coordinate, chain: chain.dropLast()).pom
    var next = pom.parent
    var ancestors = 0
    while let identity = next {
      ancestors += 1
      guard ancestors < Self.depthLimit else { throw .tooDeep(coordinate.description) }
      let parent = try await self.pom(try Self.coordinate(identity, in: coordinate), chain: chain).pom
      pom.inherit(from: parent)
      next = parent.parent
    }
    var imports: [MavenModel.Dependency] = []
    for identity in MavenModel.imports(pom) {
      let bom = try Self.coordinate(identity, in: coordinate)
      imports += try await join(bom, chain: chain, visiting: visiting + [coordinate], &budget).managed
    }
    return MavenModel(pom, imports: imports)
  }

  static func coordinate(
    _ identity: Pom.Identity, in coordinate: MavenCoordinate
  ) throws(MavenError) -> MavenCoordinate {
    guard
      let found = MavenCoordinate(
        group: identity.group ?? coordinate.name.group, artifact: identity.artifact ?? coordinate.name.artifact,
        version: identity.version ?? coordinate.version, fileExtension: "pom")
    else {
      throw .malformed(
        "the POM of \(coordinate)", reason: "'\(identity.group ?? ""):\(identity.artifact ?? "")' is no name")
    }
    return found
  }

  /// The versions of an artifact in all repositories, lowest first.
  func versions(of name: MavenName, chain: [String]) async throws(MavenError) -> [MavenVersion] {
    try await once(versions, name) { () async throws(MavenError) in
      let folder = name.group.split(separator: ".").joined(separator: "/") + "/" + name.artifact
      var found: [String: MavenVersion] = [:]
      var failures: [HTTPError] = []
      for repository in settings.repositories {
        let bytes: [UInt8]
        do throws(HTTPError) { bytes = try await self.bytes(repository, "\(folder)/maven-metadata.xml") } catch {
          failures.append(error)
          continue
        }
        let root: XMLElement
        do { root = try XMLElement(parsing: bytes) } catch {
          throw .malformed("the versions of \(name)", reason: "\(error)")
        }
        for version in root["versioning"]?["versions"]?.all("version") ?? [] where MavenName.isPart(version.text) {
          found[version.text] = MavenVersion(version.text)
        }
      }
      if found.isEmpty { throw absence("the versions of \(name)", name.description, failures, chain) }
      return found.values.sorted()
    }
  }

  /// A text from the first repository that has it, from the cache where it lies there: what was released never changes.
  private func text(_ coordinate: MavenCoordinate, chain: [String]) async throws(MavenError) -> [UInt8] {
    guard !settings.repositories.isEmpty else { throw .noRepository }
    var failures: [HTTPError] = []
    for repository in settings.repositories {
      let known = cachedName(of: repository.url.appending(path: coordinate.path))
      if let bytes = await cached(known) { return bytes }
      let bytes: [UInt8]
      let checksum: MavenChecksum?
      do throws(HTTPError) {
        async let stated = checksumResult(repository, coordinate.path, ".sha1")
        bytes = try await self.bytes(repository, coordinate.path)
        checksum = try await stated.get()
      } catch {
        failures.append(error)
        continue
      }
      if let checksum, !checksum.matches(bytes) {
        throw .wrongContent(coordinate.description, reason: "its digest is not the one that stands beside it")
      }
      await keep(bytes, known)
      return bytes
    }
    throw absence(coordinate.description, coordinate.description, failures, chain)
  }

  private func absence(
    _ what: String, _ name: String, _ failures: [HTTPError], _ chain: [String]
  ) -> MavenError {
    let serious = failures.filter { !$0.meansAbsence }
    return serious.isEmpty ? .unknownArtifact(name, chain: chain) : .unreachable(what, serious)
  }

  private func bytes(_ repository: MavenSettings.Repository, _ path: String) async throws(HTTPError) -> [UInt8] {
    var request = HTTPRequest(repository.url.appending(path: path), credentials: repository.credentials)
    request.limits.bodyBytes = Self.textLimit
    return try await client.data(for: request).requiringSuccess().body
  }

  /// The digest that stands beside a file, as a value, for those who ask for several at the same time.
  func checksumResult(
    _ repository: MavenSettings.Repository, _ path: String, _ ending: String
  ) async -> Result<MavenChecksum?, HTTPError> {
    do throws(HTTPError) { return .success(try await checksum(repository, path, ending)) } catch {
      return .failure(error)
    }
  }

  /// The digest that stands beside a file; nil if there is none.
  func checksum(
    _ repository: MavenSettings.Repository, _ path: String, _ ending: String
  ) async throws(HTTPError) -> MavenChecksum? {
    var request = HTTPRequest(
      repository.url.appending(path: path + ending), credentials: repository.credentials)
    request.limits.bodyBytes = 4096
    do throws(HTTPError) {
      let body = try await client.data(for: request).requiringSuccess().body
      return MavenChecksum(parsing: String(decoding: body, as: UTF8.self), ending: ending)
    } catch {
      if error.meansAbsence { return nil }
      throw error
    }
  }

  // MARK: The cache

  /// The file that names the digest of what an address gave.
  private func cachedName(of url: HTTPURL) -> String {
    "\(cache)/names/\(SHA256.digest(of: url.bare.text.utf8).hex)"
  }

  private func cached(_ name: String) async -> [UInt8]? {
    await BlockingPool.run {
      guard let text = try? Files.text(name), let digest = try? Digest(algorithm: .sha256, hex: text),
        let bytes = try? Files.read(path(of: digest), limit: Int(Self.textLimit)), SHA256.digest(of: bytes) == digest
      else { return nil }
      return bytes
    }
  }

  /// Keeps what was read; a cache that can't be written costs time, nothing else.
  private func keep(_ bytes: [UInt8], _ name: String) async {
    await BlockingPool.run {
      let digest = SHA256.digest(of: bytes)
      for path in [path(of: digest), name] { try? Files.createDirectory(Path.parent(path) ?? cache) }
      try? Files.write(bytes, to: path(of: digest))
      try? Files.write(digest.hex, to: name)
    }
  }

  /// Where a file of this digest lies in the cache.
  package func path(of digest: Digest) -> String { "\(cache)/\(digest.algorithm.rawValue)/\(digest.hex)" }

  private func once<Key: Hashable & Sendable, Value: Sendable>(
    _ map: OnceMap<Key, Value>, _ key: Key, _ work: @escaping @Sendable () async throws(MavenError) -> Value
  ) async throws(MavenError) -> Value {
    do { return try await map.value(for: key) { try await work() } } catch {
      throw error as? MavenError ?? .unreachable("a repository", [])
    }
  }
}

extension HTTPError {
  /// Whether a server says that it has no such file; some that want a login say so by refusing.
  var meansAbsence: Bool { [.status(404), .status(410), .status(403)].contains(kind) }
}
