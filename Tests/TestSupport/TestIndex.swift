/// A Python index on loopback, with what it can and can't do.
public struct TestIndex: Sendable {
  /// The form of a project's page.
  public enum Format: String, Sendable, CaseIterable { case json, html }
  /// Whether a wheel's metadata is served as a file, and whether the page says so.
  public enum MetadataService: String, Sendable, CaseIterable { case announced, silent, none }

  private let wheels: [MadeUpWheel]
  private let format: Format
  private let metadata: MetadataService
  private let hasRanges: Bool
  private let authorization: String?
  private let pageFields: [String: String]
  private let override: @Sendable (HTTPTestServer.Request) -> HTTPTestServer.Answer?

  /// Describes an index.
  ///
  /// - Parameters:
  ///   - authorization: The `Authorization` that everything needs.
  ///   - override: Answers in place of the honest ones, asked first.
  public init(
    wheels: [MadeUpWheel] = [], format: Format = .json, metadata: MetadataService = .announced, hasRanges: Bool = true,
    authorization: String? = nil, pageFields: [String: String] = [:],
    override: @escaping @Sendable (HTTPTestServer.Request) -> HTTPTestServer.Answer? = { _ in nil }
  ) {
    self.wheels = wheels
    self.format = format
    self.metadata = metadata
    self.hasRanges = hasRanges
    self.authorization = authorization
    self.pageFields = pageFields
    self.override = override
  }

  /// Starts the index.
  public func serve() -> HTTPTestServer {
    HTTPTestServer { request in
      if let authorization, request["Authorization"] != authorization { return HTTPTestServer.Answer(401) }
      return override(request) ?? answer(request)
    }
  }

  private func answer(_ request: HTTPTestServer.Request) -> HTTPTestServer.Answer {
    let parts = request.target.split(separator: "/").map(String.init)
    switch (parts.first, parts.count) {
    case ("simple", 2): return page(of: parts[1])
    case ("files", 2):
      if let wheel = wheels.first(where: { $0.fileName == parts[1] }) {
        return HTTPTestServer.Answer(body: wheel.bytes, ignoresRanges: !hasRanges)
      }
      guard metadata != .none, let wheel = wheels.first(where: { $0.fileName + ".metadata" == parts[1] }) else {
        return HTTPTestServer.Answer(404)
      }
      return HTTPTestServer.Answer(body: Array(wheel.metadata.utf8))
    default: return HTTPTestServer.Answer(404)
    }
  }

  private func page(of project: String) -> HTTPTestServer.Answer {
    let files = wheels.filter { $0.name == project }
    guard !files.isEmpty else { return HTTPTestServer.Answer(404) }
    let type = format == .json ? "application/vnd.pypi.simple.v1+json" : "text/html; charset=utf-8"
    return HTTPTestServer.Answer(
      fields: pageFields.merging(["Content-Type": type]) { $1 },
      body: Array((format == .json ? json(files) : html(files)).utf8))
  }

  private func json(_ files: [MadeUpWheel]) -> String {
    let entries = files.map { wheel in
      let metadata = metadata == .announced ? ", \"core-metadata\": {\"sha256\": \"\(wheel.metadataDigest)\"}" : ""
      let python = wheel.requiresPython.map { ", \"requires-python\": \"\($0)\"" } ?? ""
      let yanked = wheel.yanked.map { ", \"yanked\": \"\($0)\"" } ?? ""
      return """
        {"filename": "\(wheel.fileName)", "url": "../../files/\(wheel.fileName)", "size": \(wheel.bytes.count),
         "hashes": {"sha256": "\(wheel.sha256)"}\(metadata)\(python)\(yanked)}
        """
    }
    return #"{"meta": {"api-version": "1.1"}, "files": ["# + entries.joined(separator: ",") + "]}"
  }

  private func html(_ files: [MadeUpWheel]) -> String {
    let anchors = files.map { wheel in
      let metadata = metadata == .announced ? " data-core-metadata=\"sha256=\(wheel.metadataDigest)\"" : ""
      let yanked = wheel.yanked.map { " data-yanked=\"\($0)\"" } ?? ""
      return
        "<a href=\"../../files/\(wheel.fileName)#sha256=\(wheel.sha256)\"\(metadata)\(yanked)>\(wheel.fileName)</a><br>"
    }
    return "<!DOCTYPE html><html><body>" + anchors.joined(separator: "\n") + "</body></html>"
  }
}
