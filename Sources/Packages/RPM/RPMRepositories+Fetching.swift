import HTTP
import Host
import OCI
import Trust

extension RPMRepositories {
  /// Brings the packages of pins into the cache, several at a time, and gives their paths in the same order.
  ///
  /// Each repository of the release that may have a file is asked, its own first; a file is accepted by its digest, and by its
  /// signature where the repository's configuration wants one.
  ///
  /// - Parameter progress: Told the number of packages that are there and their bytes, each time one came.
  public func fetch(
    _ pins: [RPMPin], from request: Request, progress: (@Sendable (_ packages: Int, _ bytes: Int) -> Void)? = nil
  ) async throws(RPMError) -> [String] {
    let missing = await missing(pins)
    let places = missing.isEmpty ? [] : try await places(for: missing, request)
    let outcome: Result<Void, RPMError> = await withTaskGroup(of: Result<Int, RPMError>.self) { group in
      var (waiting, done, bytes) = (missing[...], pins.count - missing.count, 0)
      func start() {
        guard let pin = waiting.popFirst() else { return }
        group.addTask { @concurrent in
          do throws(RPMError) {
            try await fetch(pin, places, request)
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

  private struct Place: Sendable {
    let repository: RPMConfiguration.Repository
    let root: HTTPURL
  }

  private func missing(_ pins: [RPMPin]) async -> [RPMPin] {
    await BlockingPool.run {
      pins.filter { (try? SHA256.digest(ofFile: path(of: $0.digest)))?.digest != $0.digest }
    }
  }

  private func places(for pins: [RPMPin], _ request: Request) async throws(RPMError) -> [Place] {
    let names = Set(pins.map(\.repository))
    let chosen = try configuration.chosen(request.repositories, extras: request.extras)
    var places: [Place] = []
    for repository in chosen.filter({ names.contains($0.name) }) + chosen.filter({ !names.contains($0.name) }) {
      let roots = try await roots(of: repository, request.release, request.architecture).0
      places += roots.map { Place(repository: repository, root: $0) }
    }
    return places
  }

  private func fetch(_ pin: RPMPin, _ places: [Place], _ request: Request) async throws(RPMError) {
    var failures: [HTTPError] = []
    var mismatch: RPMError?
    let own = places.filter { $0.repository.name == pin.repository }
    for place in own + places.filter({ $0.repository.name != pin.repository }) {
      do throws(RPMError) {
        try await download(
          place.root.appending(path: pin.location), to: path(of: pin.digest), pin.digest, size: pin.size,
          place.repository.credentials, what: pin.description)
        do throws(RPMError) {
          try await checkSignature(of: path(of: pin.digest), pin, in: place.repository, request)
        } catch {
          try? Files.remove(path(of: pin.digest))
          throw error
        }
        return
      } catch {
        switch error {
        case .unreachable(_, let errors): failures += errors
        case .wrongContent: mismatch = mismatch ?? error
        default: throw error
        }
      }
    }
    if let mismatch { throw mismatch }
    let rest = failures.filter { $0.kind != .status(404) && $0.kind != .status(410) }
    throw rest.isEmpty
      ? .vanished(pin.description, location: pin.location) : .unreachable(pin.description, rest)
  }
}
