import Building
import Findings
import Host
import OCI
import Packages
import Registry
import Resolution
import Versions

/// Asks indexes, mirrors and registries what they say of a lock's pins today.
struct UpstreamCheck {
  let workplace: Workplace
  let spec: Spec
  let lock: Lock
  let places: PinPlaces
  let folder: String

  func findings() async throws -> [Finding] {
    async let packages = packages()
    async let base = base()
    return try await packages + base
  }

  /// What indexes and mirrors say.
  func packages() async throws -> [Finding] {
    async let python = python()
    async let debian = debian()
    async let rpm = rpm()
    async let jars = jars()
    return try await python + debian + rpm + jars
  }

  private func rpm() async throws -> [Finding] {
    guard let rpm = lock.rpm, let asked = spec.rpm else { return [] }
    let repositories = try workplace.rpmRepositories(keepsState: true)
    return try await workplace.progress.during("read the RPM indexes") {
      let universe = try await repositories.universe(asked.request(for: lock.platform))
      let advisories = try await repositories.advisories(asked.request(for: lock.platform))
      return RPMUpstreamCheck.findings(
        rpm, universe: universe, advisories: advisories, places: places, folder: folder)
    }
  }

  private func jars() async throws -> [Finding] {
    guard let jars = lock.jars else { return [] }
    let repositories = try workplace.mavenRepositories()
    return try await workplace.progress.during("ask for \(jars.artifacts.count) jars") {
      let states = try await repositories.states(of: jars.artifacts)
      return MavenUpstreamCheck.findings(jars, states: states, places: places, folder: folder)
    }
  }

  private func python() async throws -> [Finding] {
    guard let python = lock.python else { return [] }
    let check = PythonUpstreamCheck(
      index: workplace.index, platform: try PythonPlatform(of: spec), spec: spec, places: places, folder: folder)
    return try await workplace.progress.during("ask for \(python.packages.count) Python packages") {
      try await check.findings(python)
    }
  }

  private func debian() async throws -> [Finding] {
    guard let debian = lock.debian, let asked = spec.debian else { return [] }
    let archive = try workplace.archive()
    return try await workplace.progress.during("read the Debian indexes") {
      let universe = try await archive.universe(
        suites: asked.suites, components: asked.components, architecture: lock.platform.debianArchitecture)
      return try DebianUpstreamCheck.findings(debian, universe: universe, places: places, folder: folder)
    }
  }

  private func base() async throws -> [Finding] {
    guard let base = lock.base else { return [] }
    let reference = try Reference(argument: base.reference)
    let pinned = try Reference(
      domain: reference.domain, repository: reference.repository, tag: nil, digest: base.digest)
    let copier = try workplace.copier()
    return try await workplace.progress.during("ask for \(base.reference)") {
      var tag = try await Self.seen(reference, copier, lock.platform)
      var locked = tag?.digest == base.digest ? tag : try await Self.seen(pinned, copier, lock.platform)
      // The packages are named where the locked base is here: then only layers that are new have to come.
      if let moved = tag, locked != nil, moved.digest != base.digest,
        try workplace.bases.kept(base.digest, lock.platform) != nil
      {
        tag = try await packages(of: moved, base)
        locked = try await packages(of: locked, base)
      }
      return BaseImageCheck.findings(base, tag: tag, locked: locked, place: places.lock, folder: folder)
    }
  }

  private func packages(of seen: BaseImageCheck.Seen?, _ base: Lock.Base) async throws -> BaseImageCheck.Seen? {
    guard let seen else { return nil }
    let image = Lock.Base(
      reference: base.reference, digest: seen.digest, evidence: .resolved, kept: [], documentation: nil)
    return BaseImageCheck.Seen(
      digest: seen.digest, config: seen.config,
      packages: try await workplace.bases.packages(of: image, platform: lock.platform))
  }

  /// What a name leads to; nil when the registry says that there is no such manifest.
  private static func seen(
    _ reference: Reference, _ copier: ImageCopier, _ platform: Platform
  ) async throws -> BaseImageCheck.Seen? {
    do throws(RegistryError) {
      let image = try await copier.inspect(.registry(reference), platform: platform, readsLayers: false)
      return BaseImageCheck.Seen(digest: image.root.descriptor.digest, config: image.config)
    } catch {
      if case .missing = error { return nil }
      throw error
    }
  }
}
