import HTTP
import Host
import JSON
import OCI
import Testing

@testable import Registry

@Suite struct ConfigurationTests {
  private static let text = """
    # A company's mirrors.
    unqualified-search-registries = ["example.com"]

    [[registry]]
    prefix = "docker.io/library"
    location = "hub.example.com/library" # renamed

    [[registry.mirror]]
    location = "cache.example.com/hub"
    [[registry.mirror]]
    location = 'other.example.com:5000/x'
    insecure = true
    pull-from-mirror = "digest-only"

    [[registry]]
    location = "example.org"
    blocked = true

    [[registry]]
    prefix = "*.test.example.com"
    insecure = true
    """

  struct Row: CustomTestStringConvertible {
    let name: String
    let endpoints: [String]
    var testDescription: String { name }
  }

  static let rows: [Row] = [
    Row(name: "debian", endpoints: ["cache.example.com/hub/debian", "hub.example.com/library/debian"]),
    Row(
      name: "debian@sha256:\(String(repeating: "ab", count: 32))",
      endpoints: [
        "cache.example.com/hub/debian", "other.example.com:5000/x/debian (insecure)", "hub.example.com/library/debian",
      ]),
    Row(name: "user/thing", endpoints: ["docker.io/user/thing"]),
    Row(name: "libraryx/thing", endpoints: ["docker.io/libraryx/thing"]),
    Row(name: "a.test.example.com/b", endpoints: ["a.test.example.com/b (insecure)"]),
    Row(name: "test.example.com/b", endpoints: ["test.example.com/b"]),
  ]

  @Test(arguments: rows) func `a name leads to its mirrors and then to itself`(_ row: Row) throws {
    let endpoints = try RegistriesConfiguration(parsing: Self.text).endpoints(for: Reference(parsing: row.name))
    #expect(endpoints.map { $0.name + ($0.isInsecure ? " (insecure)" : "") } == row.endpoints)
    #expect(endpoints.last?.isMirror == false)
  }

  @Test func `a blocked registry is refused`() throws {
    let configuration = try RegistriesConfiguration(parsing: Self.text)
    #expect(throws: RegistryError.blocked("example.org/a")) {
      try configuration.endpoints(for: Reference(parsing: "example.org/a"))
    }
  }

  @Test func `Docker's settings come after`() throws {
    var configuration = RegistriesConfiguration()
    let daemon =
      #"{"registry-mirrors":["https://m.example.com/","http://n.example.com"],"insecure-registries":["r.example.com:5000","10.0.0.0/8"]}"#
    try configuration.add(dockerDaemon: Array(daemon.utf8), path: "daemon.json")
    let hub = try configuration.endpoints(for: Reference(parsing: "debian"))
    #expect(
      hub.map(\.name) == ["m.example.com/library/debian", "n.example.com/library/debian", "docker.io/library/debian"])
    #expect(hub.map(\.isInsecure) == [false, true, false])
    #expect(try configuration.endpoints(for: Reference(parsing: "r.example.com:5000/a"))[0].isInsecure)
  }

  @Test func `malformed settings name their line`() {
    let fault = RegistryError.configuration(path: "x.conf", reason: "2:5: expected a value")
    #expect(throws: fault) { try RegistriesConfiguration(parsing: "\na = \n", path: "x.conf") }
  }

  @Test func `plain HTTP is for this machine and for hosts that are named`() throws {
    let loopback = [
      "localhost:5000/a": true, "127.0.0.1:1/a": true, "127.evil.example.com/a": false, "[::1]:5/a": true,
    ]
    for (name, expected) in loopback {
      #expect(
        try RegistriesConfiguration().endpoints(for: Reference(parsing: name))[0].isLoopback == expected, "\(name)")
    }
  }

  @Test func `without a network only this machine is asked`() throws {
    let client = testClient { $0.isOffline = true }
    #expect(throws: RegistryError.offline("docker.io/library/debian")) {
      try client.repository(Reference(parsing: "debian"))
    }
    _ = try client.repository(Reference(parsing: "localhost:5000/a"))
  }

  @Test func `a host's own certificates are found`() throws {
    let directory = try TemporaryDirectory()
    let folder = directory.path + "/example.com:5000"
    try Files.createDirectory(folder)
    for name in ["ca.crt", "client.cert", "client.key"] { try Files.write("x", to: "\(folder)/\(name)") }
    let configuration = RegistryConfiguration(certificateFolders: [directory.path])
    let own = configuration.http(
      for: try RegistriesConfiguration().endpoints(for: Reference(parsing: "example.com:5000/a"))[0])
    #expect(own.certificateFile == folder + "/ca.crt")
    #expect(own.certificateFolder == "/etc/ssl/certs")
    #expect(own.clientCertificate == folder + "/client.cert")
    #expect(own.clientKey == folder + "/client.key")
    let other = configuration.http(
      for: try RegistriesConfiguration().endpoints(for: Reference(parsing: "example.com/a"))[0])
    #expect(other.certificateFile == nil)
  }
}
