import HTTP
import Host
import TestSupport
import Testing
import Versions

@testable import Packages

/// RPM packages that are chosen to come beside others, which are there already.
@Suite(.serialized) struct `RPM packages over a base` {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let installed: String
    let universe: String
    let requests: [String]
    let result: String
  }

  static let cases = [
    Case(
      testDescription: "what is there is not chosen", installed: "b 1", universe: "a 1; requires: b\nb 1\nb 2",
      requests: ["a"], result: "a 1-1"),
    Case(
      testDescription: "a request that is met already asks for nothing", installed: "a 1", universe: "a 2",
      requests: ["a"], result: ""),
    Case(
      testDescription: "what is too old moves", installed: "b 1", universe: "a 1; requires: b >= 2\nb 1\nb 2\nb 3",
      requests: ["a"], result: "a 1-1, b 3-1"),
    Case(
      testDescription: "what needs the old version moves along, and nothing else",
      installed: "b 1\nc 1; requires: b = 1\nd 1; requires: b",
      universe: "a 1; requires: b >= 2\nb 2\nc 2; requires: b = 2\nd 2; requires: b", requests: ["a"],
      result: "a 1-1, b 2-1, c 2-1"),
    Case(
      testDescription: "an older version where one is asked for", installed: "b 2",
      universe: "a 1; requires: b = 1\nb 1\nb 2", requests: ["a"], result: "a 1-1, b 1-1"),
    Case(
      testDescription: "what a new package conflicts with moves out of its way", installed: "b 1",
      universe: "a 1; conflicts: b < 2\nb 2", requests: ["a"], result: "a 1-1, b 2-1"),
    Case(
      testDescription: "what a new package replaces may go", installed: "b 1\nc 1; requires: v",
      universe: "a 1; obsoletes: b < 2; provides: v", requests: ["a"], result: "a 1-1"),
    Case(
      testDescription: "a file of what is there", installed: "b 1; files: /bin/sh, /usr/share/b/deep",
      universe: "a 1; requires: /bin/sh, /usr/share/b/deep\nb 1", requests: ["a"], result: "a 1-1"),
    Case(
      testDescription: "what is there and lacks something all along is left alone",
      installed: "b 1; requires: gone, (x if a)", universe: "a 1; requires: c\nc 1\nx 1", requests: ["a"],
      result: "a 1-1, c 1-1, x 1-1"),
    Case(
      testDescription: "one choice needs nothing to move", installed: "b 1",
      universe: "a 1; requires: v\nx 1; provides: v; requires: b = 2\nyy 1; provides: v\nb 2", requests: ["a"],
      result: "a 1-1, yy 1-1"),
  ]

  @Test(arguments: cases) func `only what is missing or has to move is chosen`(_ test: Case) throws {
    let universe = try `RPM resolver`.universe(test.universe, installed: test.installed)
    let pins = try RPMResolver(universe).resolve(test.requests)
    #expect(pins.map { "\($0.name) \($0.version)" }.joined(separator: ", ") == test.result)
    // What is there is nothing that a lock could name.
    #expect(pins.flatMap(\.dependencies).allSatisfy { name in pins.contains { $0.name == name } })
  }

  @Test func `what keeps a request from being met is named`() throws {
    func message(_ installed: String, _ text: String) throws -> String {
      let universe = try `RPM resolver`.universe(text, installed: installed)
      do throws(RPMError) { return try RPMResolver(universe).resolve(["a"]).map(\.name).joined(separator: " ") } catch {
        return error.description
      }
    }
    #expect(
      try message("b 1\nc 1; requires: b = 1", "a 1; requires: b >= 2\nb 2")
        == "c-1-1.x86_64 requires 'b = 1', but b-1-1.x86_64 is not b-2-1.x86_64, which is needed.")
    #expect(
      try message("b 1", "a 1; conflicts: b")
        == "The base requires 'b', but b-1-1.x86_64 conflicts with a-1-1.x86_64.")
  }

  @Test func `what is asked for anew gets the newest version, and is held from then on`() throws {
    let universe = try `RPM resolver`.universe("a 1\na 2\nb 2", installed: "a 1\nb 1")
    let renewed = try RPMResolver(universe, renewing: ["a"]).resolve(["a", "b"])
    #expect(renewed.map(\.description) == ["a-2-1.x86_64"])
    #expect(try RPMResolver(universe, holding: renewed).resolve(["a", "b"]) == renewed)
    // Below a limit that only the installed version keeps, there is nothing to lock.
    let limits = RPMLimits(versions: ["a": RPMVersion(version: "1", release: "1")])
    let limited = try `RPM resolver`.universe("a 1\na 2\nb 2", installed: "a 1\nb 1", limits: limits)
    #expect(try RPMResolver(limited, renewing: ["a"]).resolve(["a", "b"]) == [])
  }

  @Test func `packages of a time are those that were built until then, or the oldest there are`() throws {
    let text = "a 1; built: 10\na 2; built: 20\na 3; built: 30\nb 7; built: 40\nb 8; built: 50"
    let universe = try `RPM resolver`.universe(text, limits: RPMLimits(builtUntil: 25))
    #expect(try RPMResolver(universe).resolve(["a", "b"]).map(\.description) == ["a-2-1.x86_64", "b-7-1.x86_64"])
  }

  /// Versions of packages of which some are installed, by name and version with the lines of the preamble.
  private static let packages: [(name: String, version: String, lines: String)] = [
    ("core", "1", ""), ("core", "2", ""), ("tool", "1", "Requires: core = 1"), ("tool", "2", "Requires: core = 2"),
    ("new", "1", "Requires: core >= 2"), ("plain", "1", "Requires: core\nRequires: data"), ("data", "1", ""),
    ("clash", "1", "Conflicts: core < 2"), ("low", "1", "Requires: side = 1"), ("side", "1", ""), ("side", "2", ""),
    ("stuck", "1", "Requires: pinned >= 2"), ("pinned", "1", ""),
    ("successor", "1", "Obsoletes: side < 3\nProvides: side = 3"),
  ]
  private static let installed = ["core 1", "tool 1", "side 2", "pinned 1"]
  static let requests: [[String]] = [
    ["plain"], ["new"], ["clash"], ["low"], ["tool"], ["tool", "new", "plain"], ["stuck"], ["successor"], ["data"],
  ]

  @Test func `dnf chooses the same packages over what rpm has installed`() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    for (name, version, lines) in Self.packages {
      let head = "Name: \(name)\nVersion: \(version)\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n"
      _ = try await MadeUpRPM.build("\(head)\(lines)\n%description\nx\n%files\n", in: directory.path)
    }
    let repository = directory.path + "/RPMS"
    try await MadeUpRPM.run("createrepo_c", ["-q", repository])
    // rpm and dnf have to look for the database at one place, wherever a distribution has it.
    let place = try await MadeUpRPM.run("rpm", ["--eval", "%_dbpath"]).split(separator: "\n").joined()
    let root = directory.path + "/root"
    try await MadeUpRPM.run(
      "rpm",
      ["--root", root, "--dbpath", place, "--force-debian", "--install"]
        + Self.installed.map { "\(repository)/noarch/\($0.replacing(" ", with: "-"))-1.noarch.rpm" })
    try await HTTPTestServer.with({ request in
      (try? Files.read(repository + request.target)).map { .init(body: $0) } ?? .init(404)
    }) { server in
      let repositories = RPMRepositories(
        configuration: RPMConfiguration(addresses: [server.origin]),
        client: HTTPClient(configuration: HTTPConfiguration()), cache: directory.path + "/cache")
      let base = RPMBase(
        packages: try Self.installed.map { text in
          let parts = text.split(separator: " ").map(String.init)
          return .listed(name: parts[0], version: try RPMVersion(parsing: parts[1] + "-1"))
        })
      for request in Self.requests {
        let theirs = try await Self.dnf(request, repository, root: root, work: directory.path + "/dnf")
        var ours: [String]?
        do throws(RPMError) {
          let asked = RPMRepositories.Request(release: "1", architecture: "x86_64")
          ours = try await repositories.resolve(request, from: asked, over: base).pins.map {
            "\($0.name) \($0.version)"
          }
        } catch { #expect(error.fault == .usage, "\(request): \(error)") }
        #expect(ours == theirs, "\(request)")
      }
    }
  }

  /// What dnf would bring, as `name version` in the order of names; nil when it refuses.
  private static func dnf(
    _ request: [String], _ repository: String, root: String, work: String
  ) async throws -> [String]? {
    try Files.createDirectory(work + "/log")
    let options = ["reposdir=\(work)/none", "cachedir=\(work)/cache", "logdir=\(work)/log", "install_weak_deps=False"]
    let result = try await Subprocess(
      "dnf",
      options.map { "--setopt=\($0)" } + [
        "--disablerepo=*", "--repofrompath=main,file://\(repository)", "--installroot=\(root)", "--releasever=1",
        "--nogpgcheck", "--assumeno", "install",
      ] + request
    ).run()
    if result.errorText.contains("Error:") { return nil }
    let words = result.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    return words.filter { $0.count > 4 && $0[1] == "noarch" }.map { "\($0[0]) \($0[2])" }.sorted()
  }
}
