import HTTP
import Host
import TestSupport
import Testing

@testable import Packages

struct PythonPipConfigurationTests {
  private func configuration(
    _ environment: [String: String] = [:], files: [String: String] = [:]
  ) throws -> PipConfiguration {
    try PipConfiguration(
      environment: ["HOME": "/home/me"].merging(environment) { $1 },
      defaultIndex: { () throws(PipConfigurationError) in
        do throws(HTTPURL.ParseError) { return try HTTPURL(parsing: "https://default.example.org/simple/") } catch {
          throw .index(setting: "test", reason: error)
        }
      },
      readFile: { path throws(PipConfigurationError) in files[path] })
  }

  @Test func `without settings the default index is asked`() throws {
    let found = try configuration()
    #expect(found.indexes.map(\.text) == ["https://default.example.org/simple/"])
    #expect(found.findLinks.isEmpty)
  }

  /// The files from the weakest to the strongest.
  static let files = [
    "/etc/xdg/pip/pip.conf", "/etc/pip.conf", "/home/me/.pip/pip.conf", "/home/me/.config/pip/pip.conf",
    "/venv/pip.conf",
    "/named.conf",
  ]

  @Test(arguments: 1...files.count)
  func `a later file wins over the earlier ones`(count: Int) throws {
    var contents: [String: String] = [:]
    for (number, path) in Self.files.prefix(count).enumerated() {
      contents[path] = "[global]\nindex-url = https://example.org/\(number)\n"
    }
    // A file that is named but missing does not keep the user's files from being read.
    let found = try configuration(["VIRTUAL_ENV": "/venv", "PIP_CONFIG_FILE": "/named.conf"], files: contents)
    #expect(found.indexes.map(\.text) == ["https://example.org/\(count - 1)"])
  }

  @Test func `a named file takes the place of the user's`() throws {
    let contents = [
      "/etc/pip.conf": "[global]\ncert = /etc.pem\n",
      "/home/me/.config/pip/pip.conf": "[global]\nproxy = http://example.org\n",
      "/named.conf": "[global]\nclient-cert = /me.pem\n",
    ]
    let found = try configuration(["PIP_CONFIG_FILE": "/named.conf"], files: contents)
    #expect(found.certificateFile == "/etc.pem")
    #expect(found.proxy == nil)
    #expect(found.clientCertificate == "/me.pem")
    let none = try configuration(["PIP_CONFIG_FILE": "/dev/null"], files: contents)
    #expect(none.certificateFile == nil)
  }

  @Test func `the command's section beats the global one, and variables beat both`() throws {
    let contents = [
      "/etc/pip.conf": "[install]\nindex_url: https://example.org/install\n[download]\ncert = /no.pem",
      "/home/me/.config/pip/pip.conf": "[global]\nindex-url = https://example.org/global\n",
    ]
    #expect(try configuration(files: contents).indexes.map(\.path) == ["/install"])
    #expect(try configuration(files: contents).certificateFile == nil)
    let variables = ["PIP_INDEX_URL": "https://example.org/variable", "PIP_CERT": ""]
    #expect(try configuration(variables, files: contents).indexes.map(\.path) == ["/variable"])
  }

  @Test func `lists may stand in several lines, with comments between them`() throws {
    let contents = [
      "/etc/pip.conf": """
      # a comment
      [global]
      extra-index-url =
          https://one.example.org/simple
          # not this one
          https://two.example.org/simple
      ; another
      find-links = ~/wheels https://example.org/links.html
        file:///opt/my%20wheels
      trusted-host = One.Example.org
      \ttwo.example.org:8443
      """
    ]
    let found = try configuration(files: contents)
    #expect(found.indexes.map(\.host) == ["default.example.org", "one.example.org", "two.example.org"])
    #expect(
      found.findLinks == [
        .directory("/home/me/wheels"), .page(try HTTPURL(parsing: "https://example.org/links.html")),
        .directory("/opt/my wheels"),
      ])
    #expect(found.trustedHosts == ["one.example.org", "two.example.org:8443"])
  }

  @Test(arguments: ["1", "true", "Yes", "on"])
  func `no index means none, not even the default`(value: String) throws {
    let found = try configuration(["PIP_NO_INDEX": value, "PIP_FIND_LINKS": "/wheels"])
    #expect(found.indexes.isEmpty)
    #expect(found.findLinks == [.directory("/wheels")])
    #expect(try !configuration(["PIP_NO_INDEX": "0"]).indexes.isEmpty)
  }

  @Test func `a setting that can't be used is an error that says where, and keeps passwords`() throws {
    #expect(throws: PipConfigurationError.malformed(path: "/etc/pip.conf", line: 2)) {
      try configuration(files: ["/etc/pip.conf": "[global]\nnonsense\n"])
    }
    #expect(throws: PipConfigurationError.malformed(path: "/etc/pip.conf", line: 1)) {
      try configuration(files: ["/etc/pip.conf": "cert = outside"])
    }
    let error = #expect(throws: PipConfigurationError.self) {
      try configuration(["PIP_INDEX_URL": "https://me:secret@example.org:port/"])
    }
    #expect(error?.description.contains("secret") == false)
    #expect(error?.description.contains("index-url") == true)
  }

  @Test func `certificates, proxy, trust and logins reach the client`() throws {
    let directory = try TemporaryDirectory()
    try Files.write("machine example.org login me password secret", to: directory.path + "/netrc")
    let environment = ["HOME": directory.path, "NETRC": directory.path + "/netrc", "NO_PROXY": "localhost"]
    let pip = try configuration([
      "PIP_CERT": "/ca.pem", "PIP_PROXY": "http://proxy.example.org", "PIP_TRUSTED_HOST": "a b:1",
    ])
    let http = pip.applied(to: HTTPConfiguration(environment: environment), environment: environment)
    #expect(http.certificateFile == "/ca.pem")
    #expect(http.proxies == Proxies(all: "http://proxy.example.org", exceptions: "localhost"))
    #expect(http.trustedHosts == ["a", "b:1"])
    #expect(http.netrc.credentials(forHost: "example.org") == .basic(user: "me", password: "secret"))
  }

  @Test func `the default index stands in the installed pip`() throws {
    let directory = try TemporaryDirectory()
    let wheel = MadeUpWheel("pip", "1.0")
    try Files.createDirectory(directory.path + "/lib/pip/_internal/models")
    try Files.write(wheel.bytes, to: directory.path + "/" + wheel.fileName)
    #expect(throws: PipConfigurationError.noIndex) {
      try InstalledPip(libraries: [directory.path + "/lib"], wheels: [directory.path]).defaultIndex()
    }
    try Files.write(
      "class PackageIndex: ...\n\nPyPI = PackageIndex(\n    \"https://example.org/\", file_storage_domain='x'\n)\n",
      to: directory.path + "/lib/pip/_internal/models/index.py")
    let found = try InstalledPip(libraries: [directory.path + "/lib"], wheels: []).defaultIndex()
    #expect(found.text == "https://example.org/simple/")
  }

  @Test func `a machine without pip lacks an index once somebody asks it for a project`() async throws {
    var machine = PipConfiguration(indexes: [])
    machine.lacksIndex = true
    func files(_ configuration: PipConfiguration) async throws {
      let client = HTTPClient(configuration: HTTPConfiguration(environment: [:]))
      _ = try await SimpleIndex(configuration: configuration, client: client, cacheDirectory: nil)
        .files(of: project("alpha"))
    }
    await #expect(throws: PipConfigurationError.noIndex) { try await files(machine) }
    await #expect(throws: PipConfigurationError.noIndex) { try await files(machine.adding(home: "/")) }
    await #expect(throws: PythonIndexError.self) { try await files(machine.adding(hasNoIndex: true, home: "/")) }
    let server = TestIndex(wheels: [MadeUpWheel("alpha", "1.0")]).serve()
    defer { server.stop() }
    try await files(machine.adding(index: server.origin + "/simple/", home: "/"))
  }

  @Test func `this machine's own pip agrees`() async throws {
    let environment = Environment.all.filter { !$0.key.hasPrefix("PIP_") }
    let found = try PipConfiguration.ofThisMachine(
      environment: environment.merging(["PIP_CONFIG_FILE": "/dev/null"]) { $1 })
    let program = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    let answer = try await Subprocess("python3", ["-c", program]).run()
    let wheel = ((try? Files.list("/usr/share/python-wheels")) ?? []).first { $0.hasPrefix("pip-") } ?? ""
    let bundled = try await Subprocess(
      "python3", ["-c", program],
      environment: Environment.all.merging(["PYTHONPATH": "/usr/share/python-wheels/" + wheel]) { $1 }
    ).run()
    #expect([answer.text, bundled.text].contains(String(found.indexes[0].text.dropLast()) + "\n"))
  }
}
