import HTTP
import JSON
public import OCI

/// A manifest that says something about another one: a signature, an attestation, a bill of materials.
public struct Referrer: Hashable, Sendable {
  /// Where it is.
  public let descriptor: Descriptor
  /// What it is.
  public let artifactType: String?

  init(json: JSONValue) throws(OCIError) {
    descriptor = try Descriptor(json: json)
    artifactType = json["artifactType"]?.string
  }
}

extension Repository {
  /// The most referrers or tags that are listed: a registry that goes on for ever is stopped.
  static let longestList = 100_000
  private static let mostPages = 1000

  /// The manifests whose subject this one is.
  ///
  /// Specification: OCI distribution-spec 1.1, "Listing Referrers" and "Unavailable Referrers API".
  ///
  /// - Parameter type: The type of artifact that is asked for, all if absent. A registry may leave the choice to its client.
  public func referrers(of digest: Digest, artifactType type: String? = nil) async throws(RegistryError) -> [Referrer] {
    let all = try await allReferrers(of: digest, type)
    return type.map { type in all.filter { $0.artifactType == type } } ?? all
  }

  private func allReferrers(of digest: Digest, _ type: String?) async throws(RegistryError) -> [Referrer] {
    try await reading { (endpoint) throws(RegistryError) in
      var found: [Referrer] = []
      let query = type.map { "?artifactType=\(PercentEncoding.encodedComponent($0))" } ?? ""
      let path = "\(endpoint.repository)/referrers/\(digest)\(query)"
      let isKnown = try await self.pages(of: path, at: endpoint, accept: MediaType.imageIndex.rawValue) {
        (response) throws(RegistryError) in
        // Registries of old answer such an address with a page of their own.
        guard response.mediaType == MediaType.imageIndex.rawValue || response.mediaType == "application/json" else {
          return false
        }
        found += try Self.referrers(in: response.body, at: endpoint.name)
        guard found.count <= Self.longestList else { throw .malformed("its list of referrers has no end", at: path) }
        return true
      }
      if isKnown { return found }
      do throws(RegistryError) {
        let index = try await self.manifest(Self.fallbackTag(of: digest))
        // Anybody may give such a tag to something else.
        guard index.isIndex else { return [] }
        return try Self.referrers(in: index.bytes, at: endpoint.name)
      } catch {
        if case .missing = error { return [] }
        throw error
      }
    }
  }

  /// All tags, sorted as the registry does.
  public func tags() async throws(RegistryError) -> [String] {
    try await reading { (endpoint) throws(RegistryError) in
      var tags: [String] = []
      let path = "\(endpoint.repository)/tags/list"
      let isKnown = try await self.pages(of: path + "?n=1000", at: endpoint, accept: "application/json") {
        (response) throws(RegistryError) in
        guard let json = try? JSONValue(parsing: response.body) else {
          throw .malformed("its list of tags is no JSON", at: endpoint.name)
        }
        tags += json["tags"]?.strings ?? []
        guard tags.count <= Self.longestList else { throw .malformed("its list of tags has no end", at: endpoint.name) }
        return true
      }
      guard isKnown else { throw .missing("The repository \(endpoint.name)") }
      return tags
    }
  }

  /// Reads a list page by page; false if there is none, or `read` says so.
  ///
  /// Specification: OCI distribution-spec 1.1, "Listing Tags": the next page is a `Link` field's target (RFC 8288).
  private func pages(
    of path: String, at endpoint: Endpoint, accept: String, _ read: (HTTPResponse) throws(RegistryError) -> Bool
  ) async throws(RegistryError) -> Bool {
    var next: HTTPURL?
    var seen: Set<HTTPURL> = []
    for _ in 0..<Self.mostPages {
      let address = next
      let response = try await client.send(RequestScope(endpoint, actions: "pull")) { (base) throws(RegistryError) in
        let url = if let address { address } else { try base.url(path) }
        return HTTPRequest(url, headers: ["Accept": accept])
      }
      if response.status == 404 && next == nil { return false }
      guard response.isSuccess else { throw RegistryClient.refusal(response, at: endpoint.name) }
      guard try read(response) else { return false }
      guard let link = response.headers["Link"], let target = Self.nextPage(link, from: response.url) else {
        return true
      }
      guard seen.insert(target).inserted else { throw .malformed("its pages go round in a circle", at: endpoint.name) }
      next = target
    }
    throw .malformed("its list has more than \(Self.mostPages) pages", at: endpoint.name)
  }

  static func nextPage(_ field: String, from url: HTTPURL) -> HTTPURL? {
    guard let open = field.firstIndex(of: "<"), let close = field[open...].firstIndex(of: ">") else { return nil }
    let parameters = field[close...].lowercased()
    guard parameters.contains("rel=\"next\"") || parameters.contains("rel=next") else { return nil }
    return try? url.resolving(field[field.index(after: open)..<close])
  }

  // MARK: Registries without a list of referrers

  /// Where a registry that lists no referrers has them.
  static func fallbackTag(of digest: Digest) -> String { "\(digest.algorithm.rawValue)-\(digest.hex)" }

  /// Adds a manifest to the list under its subject's tag.
  func addToFallbackTag(_ manifest: RawManifest, of subject: Descriptor) async throws(RegistryError) {
    let tag = Self.fallbackTag(of: subject.digest)
    var entries: [JSONValue] = []
    do throws(RegistryError) {
      let existing = try await self.manifest(tag)
      guard existing.isIndex else {
        throw .malformed("something else than a list of referrers has the tag \(tag)", at: reference.name)
      }
      entries = (try? JSONValue(parsing: existing.bytes))?["manifests"]?.array ?? []
    } catch {
      guard case .missing = error else { throw error }
    }
    let digest = manifest.descriptor.digest.description
    guard !entries.contains(where: { $0["digest"]?.string == digest }) else { return }
    let document = (try? JSONValue(parsing: manifest.bytes)) ?? .null
    let type = document["artifactType"]?.string ?? document["config"]?["mediaType"]?.string
    entries.append(
      .object([
        "mediaType": .string(manifest.descriptor.mediaType.rawValue), "digest": .string(digest),
        "size": .integer(manifest.descriptor.size), "artifactType": type.map(JSONValue.string),
        "annotations": document["annotations"],
      ]))
    let index = JSONValue.object([
      "schemaVersion": .integer(2), "mediaType": .string(MediaType.imageIndex.rawValue), "manifests": .array(entries),
    ])
    try await push(RawManifest(bytes: Array(index.text().utf8), mediaType: .imageIndex), as: tag)
  }

  private static func referrers(in bytes: [UInt8], at place: String) throws(RegistryError) -> [Referrer] {
    guard let json = try? JSONValue(parsing: bytes), let entries = json["manifests"]?.array else {
      throw .malformed("its list of referrers is no index", at: place)
    }
    var referrers: [Referrer] = []
    do throws(OCIError) { for entry in entries { referrers.append(try Referrer(json: entry)) } } catch {
      throw .document(error, at: place)
    }
    return referrers
  }
}
