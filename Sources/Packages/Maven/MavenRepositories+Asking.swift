import HTTP
import Host
public import Versions

/// What repositories say of a locked file today.
public struct MavenPinState: Sendable, Hashable {
  /// Whether some repository has the file.
  public let isListed: Bool
  /// A digest that stands beside the file and is another than the locked file's, with its algorithm.
  public let otherDigest: String?
  /// The highest release above the locked one.
  public let newest: MavenVersion?

  /// States what is known.
  public init(isListed: Bool, otherDigest: String?, newest: MavenVersion?) {
    self.isListed = isListed
    self.otherDigest = otherDigest
    self.newest = newest
  }
}

extension MavenRepositories {
  /// The released versions of an artifact, lowest first.
  public func releases(of name: MavenName) async throws(MavenError) -> [MavenVersion] {
    try await versions(of: name, chain: []).filter { !$0.isSnapshot }
  }

  /// Asks what became of locked files, without fetching them: for the digests beside them and for the lists of versions.
  public func states(of pins: [MavenPin]) async throws(MavenError) -> [MavenPinState] {
    guard !settings.repositories.isEmpty else { throw .noRepository }
    return try await each(pins) { pin throws(MavenError) in try await state(of: pin) }
  }

  private func state(of pin: MavenPin) async throws(MavenError) -> MavenPinState {
    var newest: MavenVersion?
    do throws(MavenError) {
      let released = try await versions(of: pin.coordinate.name, chain: []).filter { !$0.isSnapshot }
      newest = released.last.flatMap { MavenVersion(pin.coordinate.version) < $0 ? $0 : nil }
    } catch {
      // A repository may have files and no list of them.
      guard case .unknownArtifact = error else { throw error }
    }
    var isListed = false
    var other: String?
    for repository in settings.repositories {
      do throws(HTTPError) {
        let address = repository.url.appending(path: pin.coordinate.path)
        let answer = try await client.data(for: HTTPRequest(.head, address, credentials: repository.credentials))
        guard (200..<300).contains(answer.status) else { continue }
        isListed = true
        other = try await otherDigest(of: pin, in: repository)
        break
      } catch {
        if error.meansAbsence { continue }
        throw .unreachable(pin.coordinate.description, [error])
      }
    }
    return MavenPinState(isListed: isListed, otherDigest: other, newest: newest)
  }

  /// The digest that stands beside a file, if it is another: SHA-256 where there is one, else SHA-1 of the file that is here.
  private func otherDigest(
    of pin: MavenPin, in repository: MavenSettings.Repository
  ) async throws(HTTPError) -> String? {
    let path = path(of: pin.digest)
    for ending in [".sha256", ".sha1"] {
      guard let stated = try await checksum(repository, pin.coordinate.path, ending) else { continue }
      let fits = await BlockingPool.run { try? stated.matches(file: path, sha256: pin.digest) }
      return fits == false ? stated.description : nil
    }
    return nil
  }
}
