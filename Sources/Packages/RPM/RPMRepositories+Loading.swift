import HTTP
import Host
import OCI
import Trust

/// Reading the indexes of repositories.
extension RPMRepositories {
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
}
