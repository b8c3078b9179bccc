internal import Host
internal import OCI
internal import Registry
internal import Resolution

/// Finds out which image a base's tag stands for.
struct BasePinner: Sendable {
  let bases: BaseImages?
  let previous: Lock.Base?
  let upgrade: ImagePinner.Upgrade
  let platform: Platform

  /// The base as the lock has it: held, else as the registry states it today, else as a page has recorded it.
  func pin(_ base: Spec.Base, kept: [GlueRelease.Package]) async throws -> Lock.Base? {
    guard case .image(let image) = base else { return nil }
    func locked(
      _ digest: Digest, _ evidence: Lock.Evidence, _ platforms: [String: Digest] = [:]
    ) -> Lock.Base {
      Lock.Base(
        reference: image.reference, digest: digest, evidence: evidence, platforms: platforms, kept: kept,
        documentation: image.glue?.source)
    }
    if let previous, previous.reference == image.reference, upgrade.holds("base"), !isSuperseded(by: image) {
      return locked(previous.digest, previous.evidence, previous.platforms)
    }
    guard let recorded = image.recorded else {
      guard let bases else { throw PinningError.unknownBaseDigest(reference: image.reference) }
      let found = try await bases.resolve(image.reference, platform: platform)
      return locked(found.digest, .resolved, found.platforms)
    }
    do throws(RegistryError) {
      if let found = try await bases?.ask(image.reference, platform: platform) {
        return locked(found.digest, .resolved, found.platforms)
      }
    } catch {
      // A page's word stands in for a registry that can't be asked, not for one that says something else.
      guard error.isUnreachable else { throw error }
    }
    return locked(recorded.digest, .recorded(source: recorded.source))
  }

  /// Whether the specification records another digest than the one that was locked on a page's word.
  private func isSuperseded(by image: Spec.BaseImage) -> Bool {
    guard case .recorded = previous?.evidence, let recorded = image.recorded else { return false }
    return previous?.digest != recorded.digest
  }
}

extension RegistryError {
  /// Whether the registry was not reached, or would not talk, so that it has said nothing about the image.
  fileprivate var isUnreachable: Bool {
    switch self {
    case .http, .offline, .unauthorized, .refused: true
    default: false
    }
  }
}
