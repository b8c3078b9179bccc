import JSON
import OCI
import Testing

@Suite struct `OCI values` {
  static let zero = String(repeating: "0", count: 64)

  static let badDigests: [(text: String, error: Digest.ParseError)] = [
    ("", .missingColon),
    ("md5:abc", .unknownAlgorithm("md5")),
    ("sha256:abc", .wrongLength(expected: 64, found: 3)),
    ("sha256:" + String(repeating: "A", count: 64), .notHexadecimal),
    ("SHA256:" + zero, .unknownAlgorithm("SHA256")),
  ]

  @Test(arguments: badDigests) func `a malformed digest is refused`(_ row: (text: String, error: Digest.ParseError)) {
    #expect(throws: row.error) { try Digest(parsing: row.text) }
  }

  @Test func `a digest reads back as it was written`() throws {
    let text = "sha256:" + String(repeating: "0123456789abcdef", count: 4)
    #expect(try Digest(parsing: text).description == text)
    #expect(Digest(algorithm: .sha256, bytes: [UInt8](repeating: 0xA5, count: 32)).hex.hasPrefix("a5a5"))
  }

  static let platforms: [(text: String, platform: Platform?)] = [
    ("linux/amd64", .linuxAMD64),
    ("linux/arm64/v8", Platform(os: "linux", architecture: "arm64", variant: "v8")),
    ("linux", nil), ("linux/", nil), ("a/b/c/d", nil), ("linux/amd 64", nil),
  ]

  @Test(arguments: platforms) func `platforms have two or three parts`(_ row: (text: String, platform: Platform?)) {
    #expect((try? Platform(parsing: row.text)) == row.platform)
  }

  @Test func `a configuration survives writing and reading`() throws {
    var config = ImageConfig(platform: .linuxAMD64)
    config.created = "2024-01-01T00:00:00Z"
    config.user = "10000:0"
    config.environment = ["PATH=/usr/bin", "LANG=C.UTF-8"]
    config.entrypoint = ["/usr/local/bin/glue-athena"]
    config.command = ["run"]
    config.workingDirectory = "/home/glue"
    config.labels = ["b": "2", "a": "1"]
    config.exposedPorts = ["8080/tcp"]
    config.volumes = ["/data"]
    config.stopSignal = "SIGTERM"
    config.healthcheck = Healthcheck(test: .exec(["x", "y"]), interval: .milliseconds(1500), startPeriod: .seconds(2))
    config.diffIDs = [try Digest(parsing: "sha256:" + Self.zero)]
    config.history = [ImageConfig.History(created: nil, createdBy: "drydock", emptyLayer: true)]
    #expect(try ImageConfig(parsing: config.bytes) == config)
    let health = try JSONValue(parsing: config.bytes)["config"]?["Healthcheck"]
    #expect(health?["Interval"]?.integer == 1_500_000_000)
    #expect(health?["Test"]?.strings == ["CMD", "x", "y"])
  }

  @Test func `a manifest survives writing and reading, unknown media types included`() throws {
    let digest = try Digest(parsing: "sha256:" + Self.zero)
    let layer = Descriptor(
      mediaType: MediaType(rawValue: "application/x-unknown"), digest: digest, size: 3, annotations: ["k": "v"])
    let manifest = Manifest(
      config: Descriptor(mediaType: .imageConfig, digest: digest, size: 2), layers: [layer], annotations: ["a": "b"])
    #expect(try Manifest(parsing: manifest.bytes) == manifest)
  }

  static let badManifests: [(text: String, error: OCIError)] = [
    ("{}", .missing("config", in: "manifest")),
    (
      #"{"config":{"mediaType":"x","digest":"sha256:1","size":1},"layers":[]}"#,
      .digest(.wrongLength(expected: 64, found: 1), in: "descriptor")
    ),
    (
      #"{"mediaType":"application/vnd.oci.image.index.v1+json"}"#,
      .mediaType("application/vnd.oci.image.index.v1+json", expected: "an image manifest")
    ),
    ("[", .json(JSONParseError(line: 1, column: 2, reason: "expected a value, found the end of the text"))),
  ]

  @Test(arguments: badManifests) func `a document that is no manifest is refused with the reason`(
    _ row: (text: String, error: OCIError)
  ) {
    #expect(throws: row.error) { try Manifest(parsing: Array(row.text.utf8)) }
  }

  @Test func `a health check without times has Docker's defaults`() throws {
    let check = Healthcheck(json: try JSONValue(parsing: #"{"Test":["CMD-SHELL","true"],"Interval":0}"#))
    #expect(check == Healthcheck(test: .shell("true")))
    #expect(Healthcheck(json: try JSONValue(parsing: #"{"Test":["WHAT"]}"#)) == nil)
  }
}
