internal import Dockerfiles
internal import HTTP
internal import Host
internal import Images
internal import OCI
internal import Trust

/// A file that `ADD` fetches.
struct RemoteFile: Sendable {
  /// The name that it gets in a directory.
  let name: String
  let digest: Digest
  let size: Int

  /// Whether a source is fetched.
  static func isURL(_ source: String) -> Bool { source.hasPrefix("http://") || source.hasPrefix("https://") }

  /// An address without what may be a secret in it: a user, a password, a query.
  static func publicAddress(_ source: String) -> String {
    let bare = source.prefix { $0 != "?" && $0 != "#" }
    guard let start = bare.firstRange(of: "://")?.upperBound else { return String(bare) }
    let host = bare[start...].prefix { $0 != "/" }
    guard let at = host.lastIndex(of: "@") else { return String(bare) }
    return String(bare[..<start] + bare[bare.index(after: at)...])
  }

  /// The name of a file by the end of its address; one that ends with a slash has none to give, and gets BuildKit's.
  static func name(_ source: String) -> String {
    let path = source.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3).first ?? ""
    let last = path.prefix { $0 != "?" && $0 != "#" }.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let name = PercentEncoding.decoded(last)
    let isUsable = !["", ".", ".."].contains(name) && !name.contains("/") && !name.utf8.contains(0)
    return isUsable ? name : "__unnamed__"
  }

  /// Fetches a file into the store, or finds it there by the digest that it must have.
  init(
    _ source: String, expecting expected: Digest?, vendored: DockerfileSources?, client: HTTPClient,
    store: ContentStore,
    progress: Progress
  ) async throws {
    var known = expected
    if let vendored {
      guard let digest = vendored.file(source), expected == nil || expected == digest else {
        throw VendoredFolder.Failure.missing(
          "the file \(Self.publicAddress(source))" + (expected.map { " with the digest \($0)" } ?? ""),
          folder: "the vendored folder")
      }
      known = digest
    }
    name = Self.name(source)
    if let known, store.contains(known) {
      digest = known
      size = try FileStatus(of: store.path(of: known), followingLink: true).size
      return
    }
    let work = try store.temporaryDirectory()
    let place = work.path + "/file"
    let request = HTTPRequest(try HTTPURL(parsing: source))
    let download = try await progress.during("fetch \(source)") {
      try await client.download(
        request, to: place,
        expecting: expected.flatMap { $0.algorithm == .sha256 ? HTTPClient.Expectation(digest: $0) : nil },
        progress: nil)
    }
    if let expected, expected.algorithm != .sha256 {
      let found = try await BlockingPool.run { () throws(SystemError) in
        try ContentHash.digest(ofFile: place, expected.algorithm).digest
      }
      guard found == expected else {
        throw HTTPError(.digestMismatch(expected: expected, found: found), at: request.url)
      }
    }
    try store.adopt(place, as: download.digest)
    digest = download.digest
    size = Int(download.size)
  }
}
