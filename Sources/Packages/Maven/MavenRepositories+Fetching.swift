import HTTP
import Host
import OCI
import Trust
import Versions

extension MavenRepositories {
  /// Chooses artifacts and brings them into the cache, so that each has a digest to be locked by.
  ///
  /// - Returns: The files, and the POMs that were read for them, both sorted by name.
  public func pin(_ request: MavenResolver.Request) async throws(MavenError) -> (
    pins: [MavenPin], poms: [MavenEvidence]
  ) {
    guard !settings.repositories.isEmpty else { throw .noRepository }
    let nodes = try await MavenResolver(self).resolve(request)
    let files = try await each(nodes) { node throws(MavenError) in try await locked(node.coordinate) }
    let names = Set(nodes.map(\.coordinate.name))
    let pins = zip(nodes, files).map { node, file in
      MavenPin(
        coordinate: node.coordinate, size: file.size, digest: file.digest, isDirect: node.isDirect,
        dependencies: node.dependencies.intersection(names).sorted())
    }
    let poms = try await each(nodes) { node throws(MavenError) in
      let pom = node.coordinate.with(fileExtension: "pom")
      return MavenEvidence(coordinate: pom, digest: try await self.pom(pom, chain: []).digest)
    }
    return (pins, Set(poms).sorted { $0.coordinate.description < $1.coordinate.description })
  }

  /// Brings locked files into the cache and gives their paths in the same order; they are accepted by their digests alone.
  public func fetch(_ pins: [MavenPin]) async throws(MavenError) -> [String] {
    try await each(pins) { pin throws(MavenError) in try await fetch(pin) }
  }

  private func fetch(_ pin: MavenPin) async throws(MavenError) -> String {
    let path = path(of: pin.digest)
    let isThere = await BlockingPool.run { (try? SHA256.digest(ofFile: path))?.digest == pin.digest }
    if isThere { return path }
    guard !settings.repositories.isEmpty else { throw .noRepository }
    var failures: [HTTPError] = []
    var mismatch: MavenError?
    for repository in settings.repositories {
      do throws(HTTPError) {
        try makeFolder(of: path, repository.url)
        _ = try await client.download(
          HTTPRequest(repository.url.appending(path: pin.coordinate.path), credentials: repository.credentials),
          to: path,
          expecting: HTTPClient.Expectation(digest: pin.digest, size: Int64(pin.size)))
        return path
      } catch {
        switch error.kind {
        case .digestMismatch, .wrongSize, .tooLarge:
          mismatch = mismatch ?? .wrongContent(pin.coordinate.description, reason: "\(error)")
        default: failures.append(error)
        }
      }
    }
    if let mismatch { throw mismatch }
    let serious = failures.filter { !$0.meansAbsence }
    throw serious.isEmpty
      ? .vanished(pin.coordinate.description) : .unreachable(pin.coordinate.description, serious)
  }

  /// The digest and size of an artifact that is not locked yet: from the first repository that has it, checked against every digest
  /// that stands beside it.
  private func locked(_ coordinate: MavenCoordinate) async throws(MavenError) -> (digest: Digest, size: Int) {
    if MavenVersion(coordinate.version).isSnapshot { throw .snapshot(coordinate.description) }
    var failures: [HTTPError] = []
    for repository in settings.repositories {
      let url = repository.url.appending(path: coordinate.path)
      let arriving = "\(cache)/arriving/\(SHA256.digest(of: url.bare.text.utf8).hex)"
      let checksums: [MavenChecksum]
      let download: HTTPClient.Download
      do throws(HTTPError) {
        checksums = try await self.checksums(repository, coordinate.path)
        try makeFolder(of: arriving, url)
        download = try await client.download(
          HTTPRequest(url, credentials: repository.credentials), to: arriving)
      } catch {
        failures.append(error)
        continue
      }
      do throws(SystemError) {
        let isRight = try await BlockingPool.run { () throws(SystemError) in
          defer { try? Files.remove(arriving) }
          for checksum in checksums where try !checksum.matches(file: arriving, sha256: download.digest) {
            return false
          }
          let path = path(of: download.digest)
          try Files.createDirectory(Path.parent(path) ?? cache)
          try Files.rename(arriving, to: path)
          return true
        }
        if isRight { return (download.digest, Int(download.size)) }
      } catch { throw .system(error) }
      throw .wrongContent(coordinate.description, reason: "its digest is not the one that stands beside it")
    }
    let serious = failures.filter { !$0.meansAbsence }
    throw serious.isEmpty
      ? .unknownArtifact(coordinate.description, chain: []) : .unreachable(coordinate.description, serious)
  }

  /// All digests that stand beside a file, asked for at the same time.
  private func checksums(
    _ repository: MavenSettings.Repository, _ path: String
  ) async throws(HTTPError) -> [MavenChecksum] {
    async let sha512 = checksumResult(repository, path, ".sha512")
    async let sha256 = checksumResult(repository, path, ".sha256")
    async let sha1 = checksumResult(repository, path, ".sha1")
    var checksums: [MavenChecksum] = []
    for result in await [sha512, sha256, sha1] { if let checksum = try result.get() { checksums.append(checksum) } }
    return checksums
  }

  private func makeFolder(of path: String, _ url: HTTPURL) throws(HTTPError) {
    do throws(SystemError) { try Files.createDirectory(Path.parent(path) ?? cache) } catch {
      throw HTTPError(.file(path: path, reason: "\(error)"), at: url)
    }
  }

  /// Does a piece of work for each element, several at a time; the results have the order of the elements.
  func each<Element: Sendable, Value: Sendable>(
    _ elements: [Element], _ work: @escaping @Sendable (Element) async throws(MavenError) -> Value
  ) async throws(MavenError) -> [Value] {
    let outcome: Result<[Value], MavenError> = await withTaskGroup(of: (Int, Result<Value, MavenError>).self) { group in
      var waiting = Array(elements.enumerated())[...]
      var values: [Int: Value] = [:]
      func start() {
        guard let (number, element) = waiting.popFirst() else { return }
        group.addTask { @concurrent in
          do throws(MavenError) { return (number, .success(try await work(element))) } catch {
            return (number, .failure(error))
          }
        }
      }
      for _ in 0..<client.configuration.connectionsPerHost { start() }
      while let (number, result) = await group.next() {
        switch result {
        case .success(let value):
          values[number] = value
          start()
        case .failure(let error):
          group.cancelAll()
          return .failure(error)
        }
      }
      return .success(elements.indices.compactMap { values[$0] })
    }
    return try outcome.get()
  }
}
