import Building
import HTTP
import Host
import Images
import OCI
import Packages
import Registry
import Resolution

/// What commands share: the cache, and the archive and index that this machine is configured with.
struct Workplace {
  let cache: BuildCache
  let index: SimpleIndex
  let store: PythonStore
  let progress: Progress
  private let aptConfiguration: Result<AptConfiguration, DebianError>
  let httpConfiguration: HTTPConfiguration

  /// - Parameters:
  ///   - sources: What options and files say on top of pip's configuration.
  ///   - strategy: Which of several indexes a project is taken from.
  ///   - alwaysAsks: Whether an index is asked although what it said before is fresh.
  init(
    progress: Progress, sources: PythonSources = PythonSources(), strategy: SimpleIndex.Strategy = .firstIndex,
    alwaysAsks: Bool = false
  ) throws {
    self.progress = progress
    cache = try BuildCache(path: Environment["DRYDOCK_CACHE"])
    let environment = Environment.all
    httpConfiguration = HTTPConfiguration(environment: environment)
    let pip = try PipConfiguration.ofThisMachine(environment: environment)
      .adding(
        index: sources.index, extraIndexes: sources.extraIndexes, hasNoIndex: sources.hasNoIndex,
        findLinks: sources.findLinks, trustedHosts: sources.trustedHosts, home: environment["HOME"] ?? "/")
    index = SimpleIndex(
      configuration: pip,
      client: HTTPClient(configuration: pip.applied(to: httpConfiguration, environment: environment)),
      cacheDirectory: cache.folder(.index), strategy: strategy, alwaysAsks: alwaysAsks)
    // The pages that it holds end with the process: to take them apart file by file before that takes a thirtieth of a run.
    _ = Unmanaged.passRetained(index)
    store = PythonStore(index: index, cache: cache)
    aptConfiguration = Result { () throws(DebianError) in try AptConfiguration() }
  }

  /// Refuses a platform whose programs this machine can't run, before anything is done for it.
  ///
  /// - Parameter work: What they are run for, for example `the image is tested`.
  func require(_ platform: Platform, for work: String) async throws {
    try await Processor.require(platform, for: work, in: cache.folder(.work))
  }

  /// The Debian archive; a machine without apt has none, which only matters to images that need it.
  func archive() throws -> DebianArchive {
    let configuration = try aptConfiguration.get()
    let client = HTTPClient(configuration: configuration.httpConfiguration(over: httpConfiguration))
    return DebianArchive(configuration: configuration, client: client, cache: cache.folder(.debian), now: Clock.now)
  }

  /// The RPM repositories of this machine, or of an unpacked image whose configuration and keys count instead.
  ///
  /// - Parameters:
  ///   - addresses: Repositories that count instead of all of them.
  ///   - keepsState: Whether their indexes are read but once.
  func rpmRepositories(at addresses: [String] = [], keepsState: Bool = false) throws -> RPMRepositories {
    let configuration =
      addresses.isEmpty
      ? try RPMConfiguration(root: Environment["DRYDOCK_RPM_ROOT"] ?? "/") : RPMConfiguration(addresses: addresses)
    let client = HTTPClient(configuration: configuration.httpConfiguration(over: httpConfiguration))
    return RPMRepositories(
      configuration: configuration, client: client, cache: cache.folder(.rpm), keepsState: keepsState)
  }

  /// The Maven repositories of this machine.
  func mavenRepositories() throws -> MavenRepositories { try Self.mavenRepositories(cache, httpConfiguration) }

  private static func mavenRepositories(
    _ cache: BuildCache, _ configuration: HTTPConfiguration
  ) throws -> MavenRepositories {
    MavenRepositories(
      settings: try MavenSettings(environment: Environment.all), client: HTTPClient(configuration: configuration),
      cache: cache.folder(.maven))
  }

  /// The sources of the kinds of files that a lock has.
  func sources(of lock: Lock) throws -> ArtefactSources {
    ArtefactSources(
      debian: lock.debian == nil ? nil : try archive(), rpm: lock.rpm == nil ? nil : try rpmRepositories(),
      maven: lock.jars == nil ? nil : try mavenRepositories(), python: store)
  }

  /// Base images, from the registries and mirrors that this machine is configured with.
  var bases: BaseImages {
    BaseImages(cache: cache, progress: progress) {
      try RegistryConfiguration(environment: Environment.all)
    }
  }

  /// A way to the registries that this machine is configured for, through the store.
  func copier() throws -> ImageCopier {
    ImageCopier(
      client: RegistryClient(configuration: try RegistryConfiguration(environment: Environment.all)),
      store: try ContentStore(at: cache.folder(.store)), progress: progress)
  }

  var pinner: ImagePinner {
    get throws {
      pinner(rpm: try rpmRepositories()) { [cache, httpConfiguration] in
        try Self.mavenRepositories(cache, httpConfiguration)
      }
    }
  }

  /// A pinner over given repositories.
  func pinner(
    rpm: RPMRepositories?, maven: @escaping @Sendable () throws -> MavenRepositories
  ) -> ImagePinner {
    ImagePinner(
      archive: try? archive(), rpm: rpm, bases: bases, maven: maven, index: index, cache: cache, progress: progress)
  }
}
