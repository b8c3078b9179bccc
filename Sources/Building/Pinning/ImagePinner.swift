public import Host
internal import Layers
public import OCI
public import Packages
public import Resolution
internal import Synchronization
public import Versions

/// Resolves everything that a specification asks for into a lock.
public struct ImagePinner: Sendable {
  /// What may move.
  public enum Upgrade: Sendable, Hashable {
    /// Nothing that the lock has already, as long as the specification allows it.
    case none
    /// Only these packages, by name.
    case only(Set<String>)
    /// Everything.
    case all

    /// Whether the pin of a name stays.
    public func holds(_ name: String) -> Bool {
      switch self {
      case .none: true
      case .only(let names): !names.contains(name)
      case .all: false
      }
    }
  }

  private let archive: DebianArchive?
  private let rpm: RPMRepositories?
  private let bases: BaseImages?
  private let maven: (@Sendable () throws -> MavenRepositories)?
  private let index: SimpleIndex
  private let store: PythonStore
  private let cache: BuildCache
  private let progress: Progress

  /// Resolves over an archive and an index.
  ///
  /// - Parameters:
  ///   - archive: May be absent when the specification has no Debian packages.
  ///   - rpm: May be absent when the specification has no RPM packages.
  ///   - bases: May be absent when no registry is to be asked.
  ///   - maven: Asked for the repositories of an image that has jars.
  public init(
    archive: DebianArchive?, rpm: RPMRepositories? = nil, bases: BaseImages? = nil,
    maven: (@Sendable () throws -> MavenRepositories)? = nil, index: SimpleIndex,
    cache: BuildCache, progress: Progress
  ) {
    self.archive = archive
    self.rpm = rpm
    self.bases = bases
    self.maven = maven
    self.index = index
    self.cache = cache
    self.progress = progress
    store = PythonStore(index: index, cache: cache)
  }

  /// Makes the lock of a specification.
  ///
  /// - Parameters:
  ///   - previous: The lock until now, whose pins are held as far as `upgrade` says; nothing that is equal is rewritten.
  ///   - limits: What bounds the choice beside the specification.
  ///   - runtime: The digest of the inputs of the runtime binary, when the image has it.
  ///   - now: The time in seconds since 1970, for images that no signed index dates.
  public func pin(
    _ spec: Spec, previous: LockFile?, upgrade: Upgrade = .none, limits: PinLimits = PinLimits(),
    runtime: Digest?, now: Int
  ) async throws -> Pinned {
    var platforms: [PlatformPins] = []
    for platform in spec.platforms {
      do {
        platforms.append(
          try await pin(
            spec.on(platform), previous: previous?[platform], sibling: platforms.first?.lock, upgrade: upgrade,
            limits: limits, runtime: runtime, now: now))
      } catch {
        throw spec.platforms.count == 1 ? error : PlatformFailure(platform: platform, cause: error)
      }
    }
    return Pinned(platforms)
  }

  /// Makes the lock of the platform that the specification is seen on.
  ///
  /// - Parameter sibling: The lock of the first platform, where this is another: the base and the jars are those, and Python
  ///   packages have the versions of those as far as they can.
  private func pin(
    _ spec: Spec, previous: Lock?, sibling: Lock?, upgrade: Upgrade, limits: PinLimits, runtime: Digest?, now: Int
  ) async throws -> PlatformPins {
    let debian = try await pinDebian(spec, previous: previous?.debian, upgrade: upgrade, held: limits.debian)
    let jars =
      if let sibling { sibling.jars } else {
        try await pinJars(spec, previous: previous?.jars, upgrade: upgrade, limits)
      }
    let basePinner = BasePinner(
      bases: bases, previous: previous?.base, upgrade: upgrade, platform: spec.platform, needsUser: spec.user == nil)
    let base = if let sibling { try await basePinner.pin(like: sibling) } else { try await basePinner.pin(spec.base) }
    let present = try await basePinner.rpmPackages(in: base, of: spec)
    // While nobody can look into the base, what was chosen over it stays as long as nothing else is asked for.
    let isSame = previous?.spec == spec.checksum && previous?.base?.digest == base?.digest && upgrade == .none
    let rpm =
      if present == nil, isSame, let rpm = previous?.rpm { rpm } else {
        try await pinRPM(spec, previous: previous?.rpm, upgrade: upgrade, limits, over: present ?? [])
      }
    let dates = (debian?.archives.map(\.date) ?? []) + (rpm?.repositories.map(\.date) ?? [])
    let date = dates.max() ?? previous?.date ?? sibling?.date ?? now
    let installed = try await basePinner.installed(in: base, of: spec)
    let pinner = PythonPinner(
      spec: spec, previous: previous?.python, sibling: sibling?.python, upgrade: upgrade, limits: limits,
      present: installed,
      keptBefore: previous?.base.flatMap { $0.digest == base?.digest && $0.documentation == nil ? $0.kept : nil } ?? [],
      index: index,
      store: store,
      progress: progress,
      builder: SharedBuilder { [cache, store, progress, archive] in
        guard let python = spec.python else { return nil }
        try await Processor.require(spec.platform, for: SourceBuilder.work, in: cache.folder(.work))
        var root: BuildRoot?
        if let debian, let archive {
          root = BuildRoot(
            try await DebianRoot.directory(
              debian, spec: spec, epoch: date, archive: archive, cache: cache, progress: progress))
        } else if let image = try await basePinner.image(of: base) {
          root = BuildRoot(image, cache: cache)
        }
        return root.map { root in
          SourceBuilder(
            root: root, interpreter: python.interpreter, cache: cache, store: store, progress: progress)
        }
      })
    let python = try await pinner.pin()
    let lock = Lock(
      name: spec.name, date: date, spec: spec.checksum, platform: spec.platform, compressor: LayerCompression.gzip.name,
      base: base.map { base in
        Lock.Base(
          reference: base.reference, digest: base.digest, evidence: base.evidence, platforms: base.platforms,
          user: base.user, kept: python?.kept ?? [], documentation: python?.documentation)
      },
      debian: debian, python: python?.lock, rpm: rpm, jars: jars, runtime: runtime)
    return PlatformPins(lock: lock, moves: python?.moves ?? [], breaks: python?.breaks ?? [])
  }

  /// The versions of the RPM packages that a base has, by name; none if its files can't be had.
  public func installedRPM(of base: Lock.Base?, _ spec: Spec) async throws -> [String: RPMVersion] {
    let pinner = BasePinner(bases: bases, previous: base, upgrade: .none, platform: spec.platform, needsUser: false)
    let packages = (try await pinner.rpmPackages(in: base, of: spec) ?? []).map(\.identity)
    return Dictionary(packages.map { ($0.name, $0.version) }) { max($0, $1) }
  }

  private func pinDebian(
    _ spec: Spec, previous: Lock.Debian?, upgrade: Upgrade, held names: Set<String>
  ) async throws -> Lock.Debian? {
    guard let debian = spec.debian, let archive else { return nil }
    return try await progress.during("resolve Debian packages") {
      let universe = try await archive.at(debian.snapshot).universe(
        suites: debian.suites, components: debian.components, architecture: spec.platform.debianArchitecture,
        preferences: debian.preferences)
      let held = (previous?.packages ?? []).filter { upgrade.holds($0.name) || names.contains($0.name) }
      let packages = try DebianResolver(universe, holding: held).resolve(debian.packages)
        .sorted { ($0.name, $0.architecture) < ($1.name, $1.architecture) }
      if let previous, previous.packages == packages { return previous }
      return Lock.Debian(archives: universe.evidence, packages: packages)
    }
  }

  private func pinRPM(
    _ spec: Spec, previous: Lock.RPM?, upgrade: Upgrade, _ limits: PinLimits, over installed: [RPMInstalled]
  ) async throws -> Lock.RPM? {
    guard let rpm = spec.rpm else { return nil }
    guard let repositories = self.rpm else { throw RPMError.noRepository([]) }
    return try await progress.during("resolve RPM packages") {
      let held = (previous?.packages ?? []).filter { upgrade.holds($0.name) }
      let renewed = rpm.packages.filter { !limits.keepsBase && !upgrade.holds($0) }
      let (packages, evidence) = try await repositories.resolve(
        rpm.packages, from: rpm.request(for: spec.platform), holding: held,
        within: RPMLimits(versions: limits.rpm, builtUntil: limits.notAfter),
        over: RPMBase(packages: installed, renewed: Set(renewed)))
      if let previous, previous.packages == packages, previous.release == rpm.release { return previous }
      return Lock.RPM(release: rpm.release, repositories: evidence, packages: packages)
    }
  }

  private func pinJars(
    _ spec: Spec, previous: Lock.Jars?, upgrade: Upgrade, _ limits: PinLimits
  ) async throws -> Lock.Jars? {
    guard let jars = spec.jars else { return nil }
    guard let maven else { throw MavenError.noRepository }
    return try await progress.during("resolve jars") {
      let held = (previous?.artifacts ?? []).filter { upgrade.holds($0.coordinate.name.description) }
      let request = MavenResolver.Request(
        artifacts: jars.artifacts, managed: jars.managed, boms: jars.boms, exclude: jars.exclude,
        held: Dictionary(held.map { ($0.coordinate.name, $0.coordinate.version) }) { first, _ in first },
        limits: limits.jars)
      let (artifacts, poms) = try await maven().pin(request)
      if let previous, previous.artifacts == artifacts { return previous }
      return Lock.Jars(artifacts: artifacts, poms: poms)
    }
  }
}

/// Makes the builder of source distributions once, when the first one asks for it: most resolutions need none.
final class SharedBuilder: Sendable {
  private let make: @Sendable () async throws -> SourceBuilder?
  private let task = Mutex<Task<SourceBuilder?, any Error>?>(nil)

  init(_ make: @escaping @Sendable () async throws -> SourceBuilder?) { self.make = make }

  func value() async throws -> SourceBuilder? {
    let task = task.withLock { task in
      if let task { return task }
      let new = Task { [make] in try await make() }
      task = new
      return new
    }
    return try await task.value
  }
}
