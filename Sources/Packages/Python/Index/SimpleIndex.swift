public import HTTP
import Host
import Synchronization
public import Versions

/// Asks the indexes and places that pip is configured with, all as one.
///
/// A project's files are those of the first index that has it, and of the other places. Pages and metadata are kept in a cache; whoever asks
/// twice, or twice at the same time, causes one request.
///
/// PEP 503, 691, 592, 658, 700, 714 (the simple repository API).
public final class SimpleIndex: PythonIndex {
  /// Says which of several indexes a project is taken from.
  public enum Strategy: String, Sendable, CaseIterable {
    /// The first that has it: nobody can slip a newer version of a company's own package into a public index.
    case firstIndex = "first-index"
    /// All of them, as pip has it.
    case unsafeBestMatch = "unsafe-best-match"
  }

  let configuration: PipConfiguration
  private let strategy: Strategy
  let client: HTTPClient
  let cache: IndexCache?
  private let alwaysAsks: Bool
  private let logins: [HTTPURL.Origin: Credentials]
  private let listings = OnceMap<HTTPURL, PythonListing?>()
  private let pages = OnceMap<HTTPURL, LocatedPage?>()
  private let projects = OnceMap<PackageName, PythonListing>()
  let metadata = OnceMap<String, PythonMetadata>()
  // Many transfers learn at the same time what a host can do.
  let traits = Mutex<[HTTPURL.Origin: HostTraits]>([:])

  /// A page with the address that sent it, which redirects may have changed: relative links start there.
  private struct LocatedPage: Sendable {
    let page: SimplePage
    let url: HTTPURL

    init(_ entry: IndexCache.Entry, askedAt asked: HTTPURL) throws(PythonIndexFailure) {
      url = entry.fields["url"].flatMap { try? HTTPURL(parsing: $0) } ?? asked
      do throws(SimplePageError) {
        page = try SimplePage(entry.content, mediaType: entry.fields["type"] ?? "")
      } catch {
        throw .page(url: asked.description, reason: error.reason)
      }
    }

    func files(of project: PackageName) -> [PythonFile] { page.files(of: project, at: url) }
  }

  /// What turned out about a host.
  struct HostTraits: Sendable {
    /// How many wheels it was asked about, of how many it has metadata beside them, and of how many not; none was announced.
    var (asked, found, missed) = (0, 0, 0)
    /// `nil` is not known yet.
    var servesRanges: Bool?

    /// How many wheels it is asked about aside before it is relied on.
    static let samples = 4

    /// Whether to ask it first for what it does not announce.
    ///
    /// A mirror that passes on what it happens to have looks upstream for the rest, which takes longer than a wheel's end.
    var servesMetadata: Bool {
      servesRanges == false ? found > 0 : found >= Self.samples && missed == 0
    }
  }

  /// Makes an index.
  ///
  /// - Parameters:
  ///   - configuration: Where packages come from.
  ///   - client: A client with ``PipConfiguration/applied(to:environment:)`` in its configuration.
  ///   - cacheDirectory: Where answers are kept, if anywhere.
  ///   - strategy: Which of several indexes a project is taken from.
  ///   - alwaysAsks: Whether a stored page is confirmed by the index even if it is fresh.
  public init(
    configuration: PipConfiguration, client: HTTPClient, cacheDirectory: String?, strategy: Strategy = .firstIndex,
    alwaysAsks: Bool = false
  ) {
    self.configuration = configuration
    self.strategy = strategy
    self.client = client
    self.alwaysAsks = alwaysAsks
    cache = cacheDirectory.map { IndexCache(directory: $0) }
    var logins: [HTTPURL.Origin: Credentials] = [:]
    let pages = configuration.findLinks.compactMap { place -> HTTPURL? in
      if case .page(let url) = place { url } else { nil }
    }
    for url in configuration.indexes + pages where logins[url.origin] == nil { logins[url.origin] = url.credentials }
    self.logins = logins
  }

  /// Returns every file of a project: those of the indexes, then those in the other places.
  public func files(of project: PackageName) async throws -> [PythonFile] { try await listing(of: project).files }

  /// Returns the same by versions.
  public func listing(of project: PackageName) async throws -> PythonListing {
    try await projects.value(for: project) { [self] in
      let lists = try await (listingsOfIndexes(project) + listingsInPlaces(project)).filter { !$0.isEmpty }
      guard let first = lists.first else { throw PythonIndexError.unknownProject(project) }
      guard lists.count > 1 else { return first }
      var names: Set<String> = []
      return PythonListing(lists.flatMap(\.files).filter { names.insert($0.fileName).inserted })
    }
  }

  /// The project's files of the indexes that count, the additional ones before the main one.
  private func listingsOfIndexes(_ project: PackageName) async throws -> [PythonListing] {
    if configuration.lacksIndex { throw PipConfigurationError.noIndex }
    switch strategy {
    case .firstIndex:
      // One after the other: an index that comes later is not told what is asked of one before.
      for index in configuration.indexesByPriority {
        if let listing = try await listing(of: project, in: index), !listing.isEmpty { return [listing] }
      }
      return []
    case .unsafeBestMatch:
      let found = try await withThrowingTaskGroup(of: (Int, PythonListing?).self) { group in
        for (number, index) in configuration.indexes.enumerated() {
          group.addTask { [self] in (number, try await listing(of: project, in: index)) }
        }
        var found: [(Int, PythonListing?)] = []
        for try await one in group { found.append(one) }
        return found
      }
      return found.sorted { $0.0 < $1.0 }.compactMap(\.1)
    }
  }

  /// What an index lists of a project; its page is kept with the table of it.
  private func listing(of project: PackageName, in index: HTTPURL) async throws -> PythonListing? {
    let url = index.appending(component: project.description, isFolder: true)
    return try await listings.value(for: url.bare) { [self] in
      try await read(url) { entry throws(PythonIndexFailure) in
        if !entry.derived.isEmpty,
          let known = PythonListing(table: entry.derived, of: SimplePageText(entry.content), project: project)
        {
          return known
        }
        let page = try LocatedPage(entry, askedAt: url)
        let listing = page.page.listing(of: project, at: page.url)
        entry.derived = listing.table ?? []
        return listing
      }
    }
  }

  private func listingsInPlaces(_ project: PackageName) async throws -> [PythonListing] {
    var found: [PythonListing] = []
    for place in configuration.findLinks {
      switch place {
      case .directory(let path):
        found.append(
          PythonListing(
            try await BlockingPool.run { () throws(PythonIndexFailure) in
              try LocalPlace(path: path).files(of: project)
            }))
      case .page(let url):
        let page = try await pages.value(for: url.bare) { [self] in
          try await read(url) { entry throws(PythonIndexFailure) in try LocatedPage(entry, askedAt: url) }
        }
        found.append(PythonListing(page?.files(of: project) ?? []))
      }
    }
    return found
  }

  // MARK: Pages

  /// Reads a page, out of the cache while it is fresh; `nil` if the server says that there is none.
  ///
  /// - Parameter reading: What is made of the page; what it adds to the entry is kept with it.
  private func read<Value>(
    _ url: HTTPURL, _ reading: (inout IndexCache.Entry) throws(PythonIndexFailure) -> Value
  ) async throws -> Value? {
    let stored = await cache?.entry("pages", url.text)
    if !alwaysAsks, var stored, let end = stored.fields["fresh-until"].flatMap({ Int($0) }), Clock.now < end,
      end <= Clock.now + PageFreshness.longest
    {
      return try reading(&stored)
    }
    guard let (answered, freshUntil) = try await ask(url, stored) else { return nil }
    var entry = answered
    // What can't be read is not kept: the next run would stumble over it without asking.
    let value = try reading(&entry)
    if let freshUntil {
      entry.fields["fresh-until"] = String(freshUntil)
      await cache?.store(entry, "pages", url.text)
    }
    return value
  }

  /// Asks for a page, and until when it is fresh; `nil` for that if it must not be stored.
  private func ask(
    _ url: HTTPURL, _ stored: IndexCache.Entry?
  ) async throws -> (entry: IndexCache.Entry, freshUntil: Int?)? {
    var request = request(for: url)
    request.limits.bodyBytes = SimplePage.sizeLimit
    request.headers["Accept"] =
      "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
    request.headers["If-None-Match"] = stored?.fields["etag"]
    request.headers["If-Modified-Since"] = stored?.fields["modified"]
    let answer = try await data(for: request)
    var entry: IndexCache.Entry
    switch answer.status {
    case 304:
      guard let stored else {
        throw PythonIndexFailure.page(
          url: url.description, reason: "it was said not to have changed without being asked")
      }
      entry = stored
    case 404, 410: return nil
    case 200:
      entry = IndexCache.Entry(fields: ["type": answer.mediaType, "url": answer.url.text], content: answer.body)
      entry.fields["etag"] = answer.headers["ETag"]
      entry.fields["modified"] = answer.headers["Last-Modified"]
    default: throw PythonIndexFailure.http(HTTPError(.status(answer.status), at: answer.url))
    }
    return (entry, PageFreshness.end(of: answer.headers, now: Clock.now))
  }

  // MARK: Requests

  /// A request with the login of the index that shares the address's origin.
  func request(for url: HTTPURL) -> HTTPRequest {
    HTTPRequest(url.with(credentials: nil), credentials: url.credentials ?? logins[url.origin])
  }

  func data(for request: HTTPRequest) async throws(PythonIndexFailure) -> HTTPResponse {
    do { return try await client.data(for: request) } catch { throw .http(error) }
  }
}
