public import HTTP
import Host
import Layers
package import OCI
import Trust
import XML

/// RPM repositories through this machine's configuration: indexes by digest, and files accepted by digest.
public struct RPMRepositories: Sendable {
  let configuration: RPMConfiguration
  let client: HTTPClient
  let cache: String
  /// What was read, where all who ask are to see one state of the repositories.
  private let states: OnceMap<Request, [Loaded]>?

  /// Largest index of indexes and index that are read, in bytes; Amazon's own are 5 kB and 150 MB.
  private static let smallLimit: Int64 = 8 << 20
  private static let indexLimit = 1 << 30

  /// What a universe is made of.
  public struct Request: Sendable, Hashable {
    /// What `$releasever` stands for.
    public let release: String
    /// The processor architecture in RPM's word, for example `x86_64`.
    public let architecture: String
    /// The repositories by name; empty for all that are enabled.
    public let repositories: [String]
    /// The topics of Amazon Linux 2.
    public let extras: [String]
    /// Globs of packages that are left out.
    public let exclude: [String]

    /// Joins the parts.
    public init(
      release: String, architecture: String, repositories: [String] = [], extras: [String] = [], exclude: [String] = []
    ) {
      self.release = release
      self.architecture = architecture
      self.repositories = repositories
      self.extras = extras
      self.exclude = exclude
    }
  }

  /// Uses a configuration, a client and a cache.
  ///
  /// - Parameters:
  ///   - cache: A directory for files by digest; made when missing.
  ///   - keepsState: Whether indexes are read once, so that a later answer fits an earlier one.
  public init(configuration: RPMConfiguration, client: HTTPClient, cache: String, keepsState: Bool = false) {
    states = keepsState ? OnceMap() : nil
    self.configuration = configuration
    self.client = client
    self.cache = cache
  }

  /// Chooses packages from the repositories of a request.
  ///
  /// What is installed already stays as long as it will do: only what is missing or has to move is chosen, as dnf does.
  ///
  /// Which package has a file is asked of a far larger index, which is read only when some requirement names a file that the
  /// smaller one does not know.
  public func resolve(
    _ packages: [String], from request: Request, holding held: [RPMPin] = [],
    within limits: RPMLimits = RPMLimits(), over base: RPMBase = RPMBase()
  ) async throws(RPMError) -> (pins: [RPMPin], evidence: [RPMRepositoryEvidence]) {
    let loaded = try await load(request)
    let universe = Self.universe(loaded, request, limits, base.packages)
    do throws(RPMError) {
      let resolver = RPMResolver(universe, holding: held, renewing: base.renewed)
      return (try resolver.resolve(packages), universe.evidence)
    } catch {
      let paths = universe.unknownPaths.union(packages.filter { $0.hasPrefix("/") })
      switch error {
      case .unsatisfiable(let name, _, _), .unknownPackage(let name, _):
        guard name.contains("/"), !paths.isEmpty else { throw error }
      default: throw error
      }
      var owners: [String: [(path: String, digests: Set<String>)]] = [:]
      var evidence: [RPMRepositoryEvidence] = []
      for repository in loaded {
        let (found, index) = try await files(paths, in: repository)
        owners[repository.content.evidence.repository] = found
        evidence.append(repository.content.evidence.adding(index))
      }
      let larger = universe.adding(owners: owners)
      return (try RPMResolver(larger, holding: held, renewing: base.renewed).resolve(packages), evidence)
    }
  }

  /// All packages of the repositories of a request.
  public func universe(_ request: Request) async throws(RPMError) -> RPMUniverse {
    Self.universe(try await load(request), request, RPMLimits(), [])
  }

  private static func universe(
    _ loaded: [Loaded], _ request: Request, _ limits: RPMLimits, _ installed: [RPMInstalled]
  ) -> RPMUniverse {
    RPMUniverse(
      architecture: request.architecture, repositories: loaded.map(\.content), exclude: request.exclude,
      within: limits, installed: installed)
  }

  /// A repository with the place that served it, for what is asked later.
  struct Loaded: Sendable {
    let content: RPMUniverse.Repository
    let index: RepositoryIndex
    let root: HTTPURL
    let credentials: Credentials?
  }

  func load(_ request: Request) async throws(RPMError) -> [Loaded] {
    guard let states else { return try await read(request) }
    do { return try await states.value(for: request) { try await read(request) } } catch {
      throw error as? RPMError ?? .unreachable("the repositories", [])
    }
  }

  private func read(_ request: Request) async throws(RPMError) -> [Loaded] {
    var loaded: [Loaded] = []
    for repository in try configuration.chosen(request.repositories, extras: request.extras) {
      loaded.append(try await load(repository, request))
    }
    return loaded
  }

  /// Tries the roots of a repository in turn; only one that can't be had or that serves something else leads to the next.
  private func load(
    _ repository: RPMConfiguration.Repository, _ request: Request
  ) async throws(RPMError) -> Loaded {
    let (roots, digests) = try await roots(of: repository, request.release, request.architecture)
    var unreachable: [HTTPError] = []
    var first: RPMError?
    for root in roots {
      do throws(RPMError) {
        return try await load(repository, request, root: root, digests: digests)
      } catch {
        switch error {
        case .unreachable(_, let errors): unreachable += errors
        case .wrongContent: first = first ?? error
        default: throw error
        }
      }
    }
    throw first ?? .unreachable("the repository '\(repository.name)'", unreachable)
  }

  private func load(
    _ repository: RPMConfiguration.Repository, _ request: Request, root: HTTPURL, digests: Set<Digest>
  ) async throws(RPMError) -> Loaded {
    let what = "the index of the repository '\(repository.name)'"
    let bytes = try await small(root.appending(path: "repodata/repomd.xml"), what, repository.credentials)
    let digest = SHA256.digest(of: bytes)
    if !digests.isEmpty, !digests.contains(digest) {
      throw .wrongContent(
        what,
        HTTPError(
          .digestMismatch(expected: digests.sorted { $0.hex < $1.hex }[0], found: digest),
          at: root.appending(path: "repodata/repomd.xml")))
    }
    var signers: [String] = []
    if repository.checksIndex {
      let signature = try await small(
        root.appending(path: "repodata/repomd.xml.asc"), "the signature of \(what)", repository.credentials)
      let keys = try configuration.keyring(
        for: repository, release: request.release, architecture: request.architecture)
      signers = try await Self.verify(bytes, signature, keys, repository.name, temporaryParent: "\(cache)/temporary")
    }
    let index = try RepositoryIndex(parsing: bytes, digest: digest, repository: repository.name)
    let xml = index["primary"]
    guard let primary = xml ?? index["primary_db"] else {
      throw .malformed(what, reason: "it names no index of packages")
    }
    let place = "the repository '\(repository.name)'"
    let plain = try await plain(primary, root: root, credentials: repository.credentials)
    let packages = try await BlockingPool.run { () throws(RPMError) in
      if xml == nil { return try PrimaryDatabase.packages(path: plain, place: "\(primary.path) of \(place)") }
      let reader = PrimaryReader(place: place)
      try Self.parse(plain, reader, place: "\(primary.path) of \(place)")
      if let failure = reader.failure { throw failure }
      return reader.packages
    }
    let evidence = RPMRepositoryEvidence(
      repository: repository.name, date: index.date, index: digest, signers: signers,
      indexes: [.init(path: primary.path, size: primary.packed.size ?? 0, digest: primary.packed.digest)])
    return Loaded(
      content: RPMUniverse.Repository(
        evidence: evidence, packages: packages, priority: repository.priority, exclude: repository.exclude),
      index: index, root: root, credentials: repository.credentials)
  }

  private static func verify(
    _ bytes: [UInt8], _ signature: [UInt8], _ keys: [UInt8], _ name: String, temporaryParent: String
  ) async throws(RPMError) -> [String] {
    do throws(GPGV.Failure) {
      return try await GPGV.signers(of: bytes, signature: signature, keys: keys, temporaryParent: temporaryParent)
    } catch {
      switch error {
      case .refused(let reason): throw .signature(repository: name, reason: reason)
      case .system(let error): throw .system(error)
      }
    }
  }

  /// The roots that serve a repository, and the digests that its index may have if a metalink tells them.
  func roots(
    of repository: RPMConfiguration.Repository, _ release: String, _ architecture: String
  ) async throws(RPMError) -> ([HTTPURL], Set<Digest>) {
    func replaced(_ text: String) -> String {
      configuration.replacing(in: text, release: release, architecture: architecture)
    }
    func url(_ text: String) throws(RPMError) -> HTTPURL {
      do { return try HTTPURL(parsing: replaced(text)) } catch {
        throw .configuration(file: "the repository '\(repository.name)'", reason: "\(error)")
      }
    }
    var roots: [HTTPURL] = []
    var digests: Set<Digest> = []
    for text in repository.baseURLs { roots.append(try url(text)) }
    if let address = repository.metalink, roots.isEmpty {
      let bytes = try await small(
        try url(address), "the metalink of the repository '\(repository.name)'", repository.credentials)
      let (mirrors, accepted) = try MirrorList.metalink(bytes, repository: repository.name)
      for text in mirrors { roots.append(try url(text)) }
      digests = accepted
    }
    if let address = repository.mirrorList, roots.isEmpty {
      let bytes = try await small(
        try url(address), "the list of mirrors of the repository '\(repository.name)'", repository.credentials)
      for text in MirrorList.roots(String(decoding: bytes, as: UTF8.self)) { roots.append(try url(text)) }
    }
    guard !roots.isEmpty else {
      throw .configuration(
        file: "the repository '\(repository.name)'", reason: "it names no place to get packages from")
    }
    return (roots, digests)
  }

  private func small(_ url: HTTPURL, _ what: String, _ credentials: Credentials?) async throws(RPMError) -> [UInt8] {
    var request = HTTPRequest(url, credentials: credentials)
    request.limits.bodyBytes = Self.smallLimit
    do throws(HTTPError) { return try await client.data(for: request).requiringSuccess().body } catch {
      throw .unreachable(what, [error])
    }
  }

  /// The path of an index's plain form, from the cache or the mirror.
  func plain(
    _ entry: RepositoryIndex.Entry, root: HTTPURL, credentials: Credentials?
  ) async throws(RPMError) -> String {
    let plain = entry.plain ?? entry.packed
    let stored = path(of: plain.digest)
    let isThere = await BlockingPool.run { (try? SHA256.digest(ofFile: stored))?.digest == plain.digest }
    if isThere { return stored }
    guard max(plain.size ?? 0, entry.packed.size ?? 0) <= Self.indexLimit else {
      throw .malformed("the index \(entry.path)", reason: "it is larger than \(Self.indexLimit) bytes")
    }
    let file = path(of: entry.packed.digest)
    try await download(
      root.appending(path: entry.path), to: file, entry.packed.digest, size: entry.packed.size, credentials,
      what: "the index \(entry.path)")
    guard entry.plain != nil else { return file }
    try await BlockingPool.run { () throws(RPMError) in
      defer { try? Files.remove(file) }
      do throws(LayerError) {
        let source = HashingSource(try DecompressedSource(FileSource(path: file)))
        let temporary = stored + ".new"
        try? Files.remove(temporary)
        let size = try Self.write(source, to: temporary, limit: plain.size ?? Self.indexLimit)
        guard try source.finish() == plain.digest, plain.size == nil || plain.size == size else {
          try? Files.remove(temporary)
          throw .malformed(archive: entry.path, problem: "its unpacked form has another digest than the one stated")
        }
        do throws(SystemError) { try Files.rename(temporary, to: stored) } catch { throw .system(error) }
      } catch {
        throw .malformed("the index \(entry.path)", reason: "\(error)")
      }
    }
    return stored
  }

  private static func write(_ source: HashingSource, to path: String, limit: Int) throws(LayerError) -> Int {
    let sink = try FileSink(path: path)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = try source.read(into: buffer)
      if count == 0 { return sink.size }
      guard sink.size + count <= limit else {
        throw .limit(archive: source.name, quantity: "size in bytes", maximum: limit)
      }
      try sink.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// Parses a file that is whole and has the right digest.
  static func parse(_ path: String, _ visitor: some XMLVisitor, place: String) throws(RPMError) {
    let stream = XMLStream(visitor)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    do throws(LayerError) {
      let source = try DecompressedSource(FileSource(path: path))
      while true {
        let count = try source.read(into: buffer)
        if count == 0 { break }
        do throws(XMLParseError) { try stream.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count])) } catch {
          throw .malformed(archive: place, problem: "\(error)")
        }
      }
    } catch { throw .malformed(place, reason: "\(error)") }
    do throws(XMLParseError) { try stream.finish() } catch { throw .malformed(place, reason: "\(error)") }
  }

  /// Where a file of this digest lies in the cache.
  package func path(of digest: Digest) -> String { "\(cache)/\(digest.algorithm.rawValue)/\(digest.hex)" }

  /// Brings a file into the cache; one error for each thing that can be wrong.
  func download(
    _ url: HTTPURL, to path: String, _ digest: Digest, size: Int?, _ credentials: Credentials?, what: String
  ) async throws(RPMError) {
    do throws(SystemError) { try Files.createDirectory(Path.parent(path) ?? cache) } catch { throw .system(error) }
    do throws(HTTPError) {
      _ = try await client.download(
        HTTPRequest(url, credentials: credentials), to: path,
        expecting: HTTPClient.Expectation(digest: digest, size: size.map { Int64($0) }))
    } catch {
      switch error.kind {
      case .digestMismatch, .wrongSize, .tooLarge: throw .wrongContent(what, error)
      default: throw .unreachable(what, [error])
      }
    }
  }
}

extension RPMRepositoryEvidence {
  func adding(_ index: Index?) -> RPMRepositoryEvidence {
    RPMRepositoryEvidence(
      repository: repository, date: date, index: self.index, signers: signers,
      indexes: indexes + (index.map { [$0] } ?? []))
  }
}
