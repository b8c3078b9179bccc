internal import Dockerfiles
internal import HTTP
internal import Host
internal import Images
internal import OCI

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
    let path = source.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3).first ?? ""
    let name = path.prefix { $0 != "?" && $0 != "#" }.split(separator: "/").last.map(String.init) ?? ""
    self.name = name.isEmpty ? "download" : name
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
        request, to: place, expecting: expected.map { HTTPClient.Expectation(digest: $0) }, progress: nil)
    }
    try store.adopt(place, as: download.digest)
    digest = download.digest
    size = Int(download.size)
  }
}
