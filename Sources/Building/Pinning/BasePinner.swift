internal import Host
internal import Images
internal import OCI
internal import Packages
internal import Registry
internal import Resolution

/// Finds out which image a base's tag stands for.
struct BasePinner: Sendable {
  let bases: BaseImages?
  let previous: Lock.Base?
  let upgrade: ImagePinner.Upgrade
  let platform: Platform
  /// Whether the base's own user counts, as the specification names none.
  let needsUser: Bool

  /// The base as the lock has it, but for what it holds: the digest that is held, else the one that the registry states
  /// today, else the one that a page has recorded.
  func pin(_ base: Spec.Base) async throws -> Lock.Base? {
    guard case .image(let image) = base else { return nil }
    func locked(
      _ digest: Digest, _ evidence: Lock.Evidence, _ platforms: [String: Digest] = [:], user: String? = nil
    ) -> Lock.Base {
      Lock.Base(
        reference: image.reference, digest: digest, evidence: evidence, platforms: platforms, user: user, kept: [],
        documentation: nil)
    }
    func locked(_ found: BaseImages.Resolved) -> Lock.Base {
      locked(found.digest, .resolved, found.platforms, user: found.user)
    }
    if let previous, previous.reference == image.reference, upgrade.holds("base"), !isSuperseded(by: image) {
      var user = previous.user
      // Earlier locks say nothing of the user. Where the registry can't be asked, this one does not either.
      if user == nil, needsUser, case .resolved = previous.evidence, let bases,
        let found = try? await bases.resolve(pinned: previous, platform: platform)
      {
        user = found.user
      }
      return locked(previous.digest, previous.evidence, previous.platforms, user: user)
    }
    guard let recorded = image.recorded else {
      guard let bases else { throw PinningError.unknownBaseDigest(reference: image.reference) }
      return locked(try await bases.resolve(image.reference, platform: platform))
    }
    do throws(RegistryError) {
      if let found = try await bases?.ask(image.reference, platform: platform) {
        return locked(found)
      }
    } catch {
      // A page's word stands in for a registry that can't be asked, not for one that says something else.
      guard error.isUnreachable else { throw error }
    }
    return locked(recorded.digest, .recorded(source: recorded.source))
  }

  /// The base of another platform's lock, which has to hold this platform, too.
  ///
  /// - Throws: ``BaseImageError/lacksPlatform(reference:wanted:has:)`` where the registry said what it holds.
  func pin(like sibling: Lock) async throws -> Lock.Base? {
    guard let base = sibling.base, case .resolved = base.evidence else { return sibling.base }
    let held =
      base.platforms.isEmpty ? [sibling.platform] : base.platforms.keys.compactMap { try? Platform(parsing: $0) }
    // An index may state a variant that nobody asks for, such as linux/arm64/v8.
    let isHeld = held.contains { other in
      (other.os, other.architecture) == (platform.os, platform.architecture)
        && (platform.variant == nil || other.variant == nil || other.variant == platform.variant)
    }
    guard isHeld else {
      throw BaseImageError.lacksPlatform(
        reference: base.reference, wanted: platform, has: held.sorted { $0.description < $1.description })
    }
    var user = previous?.digest == base.digest ? previous?.user : nil
    // Each platform's image has a configuration of its own.
    if user == nil, needsUser, let found = try? await bases?.resolve(pinned: base, platform: platform) {
      user = found.user
    }
    return Lock.Base(
      reference: base.reference, digest: base.digest, evidence: base.evidence, platforms: base.platforms,
      user: user ?? base.user, kept: base.kept, documentation: base.documentation)
  }

  /// What the Python packages of a base say about themselves; `nil` if its files can't be had, or nobody vouches for them.
  func installed(in base: Lock.Base?, of spec: Spec) async throws -> [PythonMetadata]? {
    guard let base, let python = spec.python, let tree = try await tree(of: base) else { return nil }
    return BasePackages(tree, site: python.site, interpreter: python.interpreter).distributions.map(\.metadata)
  }

  /// The RPM packages of a base; `nil` if its files can't be had, or nobody vouches for them.
  func rpmPackages(in base: Lock.Base?, of spec: Spec) async throws -> [RPMInstalled]? {
    guard let base, spec.rpm != nil else { return [] }
    guard let tree = try await tree(of: base) else { return nil }
    return try await BlockingPool.run { try InstalledPackages.rpmPackages(of: tree) }
  }

  /// The files of a base.
  private func tree(of base: Lock.Base) async throws -> ImageTree? {
    guard let bases, let image = try await image(of: base) else { return nil }
    return try await bases.tree(of: image)
  }

  /// The image of a base, pulled unless it is here; `nil` if it can't be had, or nobody vouches for it.
  func image(of base: Lock.Base?) async throws -> Image? {
    guard let base, let bases else { return nil }
    if case .recorded = base.evidence { return nil }
    do { return try await bases.image(base, platform: platform) } catch let error as RegistryError {
      guard error.isUnreachable else { throw error }
      return nil
    }
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
