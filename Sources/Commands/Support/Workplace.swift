import Building
import HTTP
import Host
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
  private let httpConfiguration: HTTPConfiguration

  init(progress: Progress) throws {
    self.progress = progress
    cache = try BuildCache(path: Environment["DRYDOCK_CACHE"])
    let environment = Environment.all
    httpConfiguration = HTTPConfiguration(environment: environment)
    let pip = try PipConfiguration.ofThisMachine(environment: environment)
    index = SimpleIndex(
      configuration: pip,
      client: HTTPClient(configuration: pip.applied(to: httpConfiguration, environment: environment)),
      cacheDirectory: cache.folder(.index))
    store = PythonStore(index: index, cache: cache)
    aptConfiguration = Result { () throws(DebianError) in try AptConfiguration() }
  }

  /// The Debian archive; a machine without apt has none, which only matters to images that need it.
  func archive() throws -> DebianArchive {
    let configuration = try aptConfiguration.get()
    let client = HTTPClient(configuration: configuration.httpConfiguration(over: httpConfiguration))
    return DebianArchive(configuration: configuration, client: client, cache: cache.folder(.debian), now: Clock.now)
  }

  /// The RPM repositories of this machine, or of an unpacked image whose configuration and keys count instead.
  func rpmRepositories() throws -> RPMRepositories {
    let configuration = try RPMConfiguration(root: Environment["DRYDOCK_RPM_ROOT"] ?? "/")
    let client = HTTPClient(configuration: configuration.httpConfiguration(over: httpConfiguration))
    return RPMRepositories(configuration: configuration, client: client, cache: cache.folder(.rpm))
  }

  /// Base images, from the registries and mirrors that this machine is configured with.
  var bases: BaseImages {
    BaseImages(cache: cache, progress: progress) {
      try RegistryConfiguration(environment: Environment.all)
    }
  }

  var pinner: ImagePinner {
    get throws {
      ImagePinner(
        archive: try? archive(), rpm: try rpmRepositories(), index: index, cache: cache, progress: progress)
    }
  }
}
