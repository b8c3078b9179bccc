import HTTP
import Versions

/// Is one project's page of an index: its files as they are listed there.
struct SimplePage {
  /// One listed file, before anybody asked whether its name means something.
  struct Link: Equatable {
    var fileName = ""
    /// The address as written: absolute, or relative to the page's base.
    var address = ""
    var sha256: String?
    var size: Int?
    var requiresPython: String?
    var yankReason: String?
    var uploadTime: String?
    var metadataFile = PythonFile.MetadataFile.notAnnounced
  }

  /// One listed file as far as it was read.
  enum Entry {
    case link(Link)
    /// The rest is read from the page when somebody asks for it; its address is absolute and has no fragment.
    case unread(fileName: String, text: SimplePageText, offset: Int)
  }

  /// The listed files in the page's order.
  private(set) var entries: [Entry] = []
  /// What relative addresses are resolved against, if the page says it.
  var base: String?

  /// The most files that a page may list; the largest project has a tenth of them.
  static let fileLimit = 200_000
  /// The most bytes of a page.
  static let sizeLimit: Int64 = 64 << 20

  /// Reads a page by the media type that the server named.
  init(_ body: [UInt8], mediaType: String) throws(SimplePageError) {
    switch mediaType {
    case "application/vnd.pypi.simple.v1+json", "application/json": try self.init(json: body)
    case "application/vnd.pypi.simple.v1+html", "text/html", "application/xhtml+xml": try self.init(html: body)
    default: throw SimplePageError(reason: "it is of the type '\(mediaType)', not a page of an index")
    }
  }

  init() {}

  mutating func append(_ entry: Entry) throws(SimplePageError) {
    guard entries.count < Self.fileLimit else {
      throw SimplePageError(reason: "it lists more than \(Self.fileLimit) files")
    }
    entries.append(entry)
  }

  /// The files of a project among the links; other names are passed over, as indexes carry much that pip ignores.
  func files(of project: PackageName, at page: HTTPURL) -> [PythonFile] {
    let base = base.flatMap { try? page.resolving($0) } ?? page
    var wheelNames = WheelNameReader()
    return entries.compactMap { entry in
      switch entry {
      case .unread(let fileName, let text, let offset):
        guard Self.isOfDistribution(fileName.utf8) else { return nil }
        return try? PythonFile(fileName: fileName, project: project, source: text, place: offset, &wheelNames)
      case .link(let link):
        guard Self.isOfDistribution(link.fileName.utf8), let url = try? base.resolving(link.address) else { return nil }
        return try? PythonFile(
          fileName: link.fileName, project: project, url: url.text, sha256: link.sha256, size: link.size,
          requiresPython: link.requiresPython, yankReason: link.yankReason, uploadTime: link.uploadTime,
          metadataFile: link.metadataFile)
      }
    }
  }

  /// The files of the project that the page is about.
  func listing(of project: PackageName, at page: HTTPURL) -> PythonListing {
    var groups = PythonListingGroups()
    var wheelNames = WheelNameReader()
    var source: SimplePageText?
    for entry in entries {
      guard case .unread(let fileName, let text, let offset) = entry else {
        return PythonListing(files(of: project, at: page))
      }
      source = text
      guard Self.isOfDistribution(fileName.utf8),
        let version = try? PythonFile.version(of: fileName, project: project, &wheelNames)
      else { continue }
      groups.add(offset, version)
    }
    return source.map { PythonListing(groups, .page($0, project: project)) } ?? PythonListing([])
  }

  private static func isOfDistribution(_ name: String.UTF8View) -> Bool {
    endings.contains { name.suffix($0.utf8.count).elementsEqual($0.utf8) }
  }

  private static let endings = [".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz"]

  /// A SHA-256 as an index writes it, in lower case; `nil` if it is none.
  static func sha256(_ text: String) -> String? {
    guard text.utf8.count == 64 else { return nil }
    func isDigest(_ text: String) -> Bool {
      text.utf8.allSatisfy { ($0 &- 48) < 10 || ($0 &- 97) < 6 }
    }
    // Nearly every index writes lower case.
    if isDigest(text) { return text }
    let lower = text.lowercased()
    return isDigest(lower) ? lower : nil
  }

  /// Whether a version of the interface can be read: any of the first major one.
  ///
  /// PEP 629, "Clients".
  static func requireReadable(version: String) throws(SimplePageError) {
    let major = version.prefix { $0 != "." }
    guard major == "1" else {
      throw SimplePageError(reason: "it has version \(version.prefix(20)) of the interface, 1 is known")
    }
  }
}

/// Reports a page that can't be read as one of an index.
struct SimplePageError: Error, Equatable {
  /// What is wrong with it, to follow the page's address.
  let reason: String
}
