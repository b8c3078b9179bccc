import HTTP
import Host
import OCI
import Packages
import Synchronization
import TestSupport
import Trust
import Versions

/// A made-up wheel: a zip archive with METADATA and some content, nothing compressed.
struct MadeUpWheel: Sendable {
  let name: String
  let version: String
  let metadata: String
  let bytes: [UInt8]

  init(_ name: String, _ version: String, requires: [String] = [], padding: Int = 0, metadataFirst: Bool = false) {
    self.name = name
    self.version = version
    let fields =
      ["Metadata-Version: 2.1", "Name: \(name)", "Version: \(version)"] + requires.map { "Requires-Dist: \($0)" }
    metadata = fields.joined(separator: "\n") + "\n\nA description.\n"
    let content = (0..<padding).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
    let info = ("\(name)-\(version).dist-info/METADATA", Array(metadata.utf8))
    let module = ("\(name)/__init__.py", content)
    bytes = storedZip(metadataFirst ? [info, module] : [module, info])
  }

  var fileName: String { "\(name)-\(version)-py3-none-any.whl" }
  var sha256: String { SHA256.digest(of: bytes).hex }
  var metadataDigest: String { SHA256.digest(of: metadata.utf8).hex }
}

/// The bytes of a zip archive whose members are stored as they are.
///
/// PKWARE APPNOTE 6.3.10, section 4.3.
private func storedZip(_ members: [(name: String, content: [UInt8])]) -> [UInt8] {
  func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
  var archive: [UInt8] = []
  var directory: [UInt8] = []
  for (name, content) in members {
    let common =
      little(20, 2) + little(0x800, 2) + little(0, 2) + little(0, 4) + little(Int(checksum(content)), 4)
      + little(content.count, 4) + little(content.count, 4) + little(name.utf8.count, 2) + little(0, 2)
    directory += little(0x0201_4b50, 4) + little(20, 2) + common + little(0, 10) + little(archive.count, 4) + name.utf8
    archive += little(0x0403_4b50, 4) + common + name.utf8 + content
  }
  let end =
    little(0x0605_4b50, 4) + little(0, 4) + little(members.count, 2) + little(members.count, 2)
    + little(directory.count, 4) + little(archive.count, 4) + little(0, 2)
  return archive + directory + end
}

/// CRC-32 as zip has it, bit by bit.
private func checksum(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
}

/// A Python index on loopback, with what it can and can't do.
struct TestIndex: Sendable {
  enum Format: String, Sendable, CaseIterable { case json, html }
  enum MetadataService: String, Sendable, CaseIterable { case announced, silent, none }

  var wheels: [MadeUpWheel] = []
  var format = Format.json
  var metadata = MetadataService.announced
  var hasRanges = true
  /// The `Authorization` that everything needs.
  var authorization: String?
  var pageFields: [String: String] = [:]
  /// Answers in place of the honest ones, asked first.
  var override: @Sendable (HTTPTestServer.Request) -> HTTPTestServer.Answer? = { _ in nil }

  func serve() -> HTTPTestServer {
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
      return """
        {"filename": "\(wheel.fileName)", "url": "../../files/\(wheel.fileName)", "size": \(wheel.bytes.count),
         "hashes": {"sha256": "\(wheel.sha256)"}\(metadata)}
        """
    }
    return #"{"meta": {"api-version": "1.1"}, "files": ["# + entries.joined(separator: ",") + "]}"
  }

  private func html(_ files: [MadeUpWheel]) -> String {
    let anchors = files.map { wheel in
      let metadata = metadata == .announced ? " data-core-metadata=\"sha256=\(wheel.metadataDigest)\"" : ""
      return "<a href=\"../../files/\(wheel.fileName)#sha256=\(wheel.sha256)\"\(metadata)>\(wheel.fileName)</a><br>"
    }
    return "<!DOCTYPE html><html><body>" + anchors.joined(separator: "\n") + "</body></html>"
  }
}

extension SimpleIndex {
  /// An index client for servers on loopback, with a login if one is given.
  convenience init(
    _ origins: [String], findLinks: [PipConfiguration.Place] = [], cache: String? = nil, alwaysAsks: Bool = false,
    _ change: (inout HTTPConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = HTTPConfiguration()
    configuration.retry = RetryPolicy(attempts: 2, base: .milliseconds(5), longest: .seconds(1))
    change(&configuration)
    self.init(
      configuration: PipConfiguration(
        indexes: try origins.map { try HTTPURL(parsing: $0 + "/simple/") }, findLinks: findLinks),
      client: HTTPClient(configuration: configuration), cacheDirectory: cache, alwaysAsks: alwaysAsks)
  }
}

/// The name of a project.
func project(_ name: String) throws -> PackageName { try PackageName(parsing: name) }

/// The error of an index that the body ends with, if it ends with one.
func indexFailure<Result>(of body: () async throws -> Result) async throws -> PythonIndexFailure? {
  do { _ = try await body() } catch let failure as PythonIndexFailure { return failure }
  return nil
}
