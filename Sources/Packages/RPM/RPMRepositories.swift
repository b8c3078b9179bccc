public import HTTP
import Host
import Layers
import OCI
import Trust
import XML

/// RPM repositories through this machine's configuration: indexes by digest, and files accepted by digest.
public struct RPMRepositories: Sendable {
  let configuration: RPMConfiguration
  let client: HTTPClient
  let cache: String
  /// What was read, where all who ask are to see one state of the repositories.
  let states: OnceMap<Request, [Loaded]>?

  /// What a universe is made of.
  public struct Request: Sendable, Hashable {
    /// What `$releasever` stands for.
    public let release: String
    /// The processor architecture in RPM's word, for example `x86_64`.
    public let architecture: String
    /// The repositories by name; empty for all that are enabled.
    public let repositories: [String]
    /// The topics of Amazon Linux 2.
    public let extras: [String]
    /// Globs of packages that are left out.
    public let exclude: [String]

    /// Joins the parts.
    public init(
      release: String, architecture: String, repositories: [String] = [], extras: [String] = [], exclude: [String] = []
    ) {
      self.release = release
      self.architecture = architecture
      self.repositories = repositories
      self.extras = extras
      self.exclude = exclude
    }
  }

  /// Uses a configuration, a client and a cache.
  ///
  /// - Parameters:
  ///   - cache: A directory for files by digest; made when missing.
  ///   - keepsState: Whether indexes are read once, so that a later answer fits an earlier one.
  public init(configuration: RPMConfiguration, client: HTTPClient, cache: String, keepsState: Bool = false) {
    states = keepsState ? OnceMap() : nil
    self.configuration = configuration
    self.client = client
    self.cache = cache
  }

  /// Chooses packages from the repositories of a request.
  ///
  /// What is installed already stays as long as it will do: only what is missing or has to move is chosen, as dnf does.
  ///
  /// Which package has a file is asked of a far larger index, which is read only when some requirement names a file that the
  /// smaller one does not know.
  public func resolve(
    _ packages: [String], from request: Request, holding held: [RPMPin] = [],
    within limits: RPMLimits = RPMLimits(), over base: RPMBase = RPMBase()
  ) async throws(RPMError) -> (pins: [RPMPin], evidence: [RPMRepositoryEvidence]) {
    let loaded = try await load(request)
    let universe = Self.universe(loaded, request, limits, base.packages)
    do throws(RPMError) {
      let resolver = RPMResolver(universe, holding: held, renewing: base.renewed)
      return (try resolver.resolve(packages), universe.evidence)
    } catch {
      let paths = universe.unknownPaths.union(packages.filter { $0.hasPrefix("/") })
      switch error {
      case .unsatisfiable(let name, _, _), .unknownPackage(let name, _):
        guard name.contains("/"), !paths.isEmpty else { throw error }
      default: throw error
      }
      var owners: [String: [(path: String, digests: Set<String>)]] = [:]
      var evidence: [RPMRepositoryEvidence] = []
      for repository in loaded {
        let (found, index) = try await files(paths, in: repository)
        owners[repository.content.evidence.repository] = found
        evidence.append(repository.content.evidence.adding(index))
      }
      let larger = universe.adding(owners: owners)
      return (try RPMResolver(larger, holding: held, renewing: base.renewed).resolve(packages), evidence)
    }
  }

  /// All packages of the repositories of a request.
  public func universe(_ request: Request) async throws(RPMError) -> RPMUniverse {
    Self.universe(try await load(request), request, RPMLimits(), [])
  }

  private static func universe(
    _ loaded: [Loaded], _ request: Request, _ limits: RPMLimits, _ installed: [RPMInstalled]
  ) -> RPMUniverse {
    RPMUniverse(
      architecture: request.architecture, repositories: loaded.map(\.content), exclude: request.exclude,
      within: limits, installed: installed)
  }

  /// A repository with the place that served it, for what is asked later.
  struct Loaded: Sendable {
    let content: RPMUniverse.Repository
    let index: RepositoryIndex
    let root: HTTPURL
    let credentials: Credentials?
  }
}

extension RPMRepositoryEvidence {
  func adding(_ index: Index?) -> RPMRepositoryEvidence {
    RPMRepositoryEvidence(
      repository: repository, date: date, index: self.index, signers: signers,
      indexes: indexes + (index.map { [$0] } ?? []))
  }
}
