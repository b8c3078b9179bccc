import OCI
import Testing
import Versions

@testable import Packages

@Suite struct `RPM resolver` {
  /// A universe of one repository: each line is `name version[-release]` and fields, of which each lists relations.
  ///
  /// - Parameter installed: What is there already, in the same notation.
  static func universe(
    _ text: String, priorities: [String: Int] = [:], installed: String = "", limits: RPMLimits = RPMLimits()
  ) throws -> RPMUniverse {
    var repositories: [String: [RPMPackage]] = [:]
    for line in text.split(separator: "\n") {
      let (package, repository) = try package(line)
      repositories[repository, default: []].append(package)
    }
    return RPMUniverse(
      architecture: "x86_64",
      repositories: try repositories.sorted { $0.key < $1.key }.map { name, packages in
        RPMUniverse.Repository(
          evidence: RPMRepositoryEvidence(
            repository: name, date: 0,
            index: try Digest(algorithm: .sha256, hex: String(repeating: "0", count: 64)), signers: [], indexes: []),
          packages: packages, priority: priorities[name] ?? 99)
      }, within: limits, installed: try installed.split(separator: "\n").map { .described(try package($0).0) })
  }

  private static func package(_ line: Substring) throws -> (RPMPackage, repository: String) {
    let parts = line.split(separator: ";").map { $0.drop { $0 == " " } }
    let head = parts[0].split(separator: " ").map(String.init)
    let version = try RPMVersion(parsing: head[1].contains("-") ? head[1] : "\(head[1])-1")
    var fields: [String: [String]] = [:]
    for part in parts.dropFirst() {
      let pair = part.split(separator: ":", maxSplits: 1)
      fields[String(pair[0])] = pair[1].split(separator: ",").map { String($0.drop { $0 == " " }) }
    }
    func relations(_ field: String) throws -> [RPMRelation] {
      try (fields[field] ?? []).map { try RPMRelation(parsing: $0) }
    }
    let package = RPMPackage(
      name: head[0], version: version, architecture: fields["arch"]?.first ?? "x86_64",
      location: "\(head[0])-\(version).rpm", size: 1,
      digest: try Digest(algorithm: .sha256, hex: String(repeating: "0", count: 64)),
      built: fields["built"]?.first.flatMap { Int($0) } ?? 0,
      provides: try [RPMRelation(name: head[0], comparison: .equal, version: version)] + relations("provides"),
      requires: try (fields["requires"] ?? []).map { try RPMRequirement(parsing: $0) },
      conflicts: try (fields["conflicts"] ?? []).map { try RPMRequirement(parsing: $0) },
      obsoletes: try relations("obsoletes"), files: fields["files"] ?? [])
    return (package, fields["repo"]?.first ?? "main")
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let universe: String
    let requests: [String]
    let result: String
    var priorities: [String: Int] = [:]
  }

  static let cases = [
    Case(
      testDescription: "the highest version wins, by rpm's order", universe: "a 1.9\na 1.10~rc1\na 1.10^git1",
      requests: ["a"], result: "a 1.10^git1-1"),
    Case(
      testDescription: "a version that was asked for", universe: "a 1\na 2", requests: ["a = 1"], result: "a 1-1"),
    Case(
      testDescription: "a package by version, release and architecture", universe: "a 1-3.amzn2023\na 2-1",
      requests: ["a-1-3.amzn2023.x86_64"], result: "a 1-3.amzn2023"),
    Case(
      testDescription: "a glob asks for every name", universe: "a-x 1\na-y 2\nb 1", requests: ["a-*"],
      result: "a-x 1-1, a-y 2-1"),
    Case(
      testDescription: "a capability with a version",
      universe: "a 1; requires: v >= 2\nb 1; provides: v = 1.9\nc 1; provides: v = 2.1", requests: ["a"],
      result: "a 1-1, c 1-1"),
    Case(
      testDescription: "a requirement without a release admits every release",
      universe: "a 1; requires: b = 2\nb 2-7", requests: ["a"], result: "a 1-1, b 2-7"),
    Case(
      testDescription: "a file's owner", universe: "a 1; requires: /usr/bin/x\nb 1; files: /usr/bin/x",
      requests: ["a"], result: "a 1-1, b 1-1"),
    Case(
      testDescription: "the package that bears the name before others that provide it",
      universe: "a 1; requires: mta\nexim 9; provides: mta\nmta 1", requests: ["a"], result: "a 1-1, mta 1-1"),
    Case(
      testDescription: "an older version when the newest excludes something",
      universe: "a 1; requires: b\nb 1\nb 2; conflicts: a", requests: ["a"], result: "a 1-1, b 1-1"),
    Case(
      testDescription: "a choice is undone when what follows fails",
      universe: "a 1; requires: v\nb 1; provides: v; requires: gone\ncc 1; provides: v", requests: ["a"],
      result: "a 1-1, cc 1-1"),
    Case(
      testDescription: "what is replaced is not taken for something else",
      universe: "a 1; requires: v\nb 1; provides: v\nnew-b 1; provides: v; obsoletes: b < 2", requests: ["a"],
      result: "a 1-1, new-b 1-1"),
    Case(
      testDescription: "if", universe: "a 1; requires: (b if c)\nb 1\nc 1", requests: ["a"], result: "a 1-1"),
    Case(
      testDescription: "if, with a condition that comes true later",
      universe: "a 1; requires: (b if c), d\nb 1\nc 1\nd 1; requires: c", requests: ["a"],
      result: "a 1-1, b 1-1, c 1-1, d 1-1"),
    Case(
      testDescription: "if and else", universe: "a 1; requires: (b if c else d)\nb 1\nc 1\nd 1", requests: ["a"],
      result: "a 1-1, d 1-1"),
    Case(
      testDescription: "unless", universe: "a 1; requires: (b unless c), c\nb 1\nc 1", requests: ["a"],
      result: "a 1-1, c 1-1"),
    Case(
      testDescription: "and inside of or", universe: "a 1; requires: ((b and c) or d)\nb 1\nd 1", requests: ["a"],
      result: "a 1-1, d 1-1"),
    Case(
      testDescription: "with",
      universe: "a 1; requires: (v >= 1 with v < 2)\nb 3; provides: v = 3\nc 1; provides: v = 1.5",
      requests: ["a"], result: "a 1-1, c 1-1"),
    Case(
      testDescription: "without", universe: "a 1; requires: (v without w)\nb 1; provides: v, w\ncc 1; provides: v",
      requests: ["a"], result: "a 1-1, cc 1-1"),
    Case(
      testDescription: "a repository that counts more, whatever the version",
      universe: "a 1; repo: first\na 2; repo: second", requests: ["a"], result: "a 1-1", priorities: ["first": 10]),
    Case(
      testDescription: "what is for another processor is not there", universe: "a 1\na 2; arch: aarch64",
      requests: ["a"], result: "a 1-1"),
    Case(
      testDescription: "circles end", universe: "a 1; requires: b = 1\nb 1; requires: a = 1", requests: ["b"],
      result: "a 1-1, b 1-1"),
    Case(
      testDescription: "what rpm itself provides", universe: "a 1; requires: a", requests: ["a"], result: "a 1-1"),
  ]

  @Test(arguments: cases) func `the set is the one that dnf would choose`(_ test: Case) throws {
    let universe = try Self.universe(test.universe, priorities: test.priorities)
    let pins = try RPMResolver(universe).resolve(test.requests)
    #expect(pins.map { "\($0.name) \($0.version)" }.joined(separator: ", ") == test.result)
  }

  private static func message(_ requests: String..., in text: String) throws -> String {
    let universe = try universe(text)
    do throws(RPMError) {
      return try RPMResolver(universe).resolve(requests).map(\.name).joined(separator: " ")
    } catch { return error.description }
  }

  @Test func `what can't be is explained from the request on`() throws {
    #expect(
      try Self.message("pyhton3", in: "python3 1")
        == "There is no package 'pyhton3' in the configured repositories, but 'python3'.")
    #expect(
      try Self.message("a", in: "a 1; requires: b\nb 1; requires: c >= 2\nc 1.3")
        == "a-1-1.x86_64 needs b-1-1.x86_64 requires 'c >= 2', but c-1.3-1.x86_64 is the one there.")
    #expect(
      try Self.message("a", in: "a 1; requires: libx.so.1()(64bit)")
        == "a-1-1.x86_64 requires 'libx.so.1()(64bit)', but nothing provides it.")
    #expect(
      try Self.message("a", "b", in: "a 1; conflicts: b < 2\nb 1")
        == "The request 'b' can't be satisfied, but b-1-1.x86_64 conflicts with a-1-1.x86_64.")
    #expect(
      try Self.message("a", "b", in: "a 1; requires: c = 1\nb 1; requires: c = 2\nc 1\nc 2")
        == "b-1-1.x86_64 requires 'c = 2', but c-2-1.x86_64 is not c-1-1.x86_64, which is needed.")
    #expect(
      try Self.message("a = 3", in: "a 1")
        == "The request 'a = 3' can't be satisfied, but a-1-1.x86_64 is the one there.")
    // What is asked for is never an old version.
    #expect(try Self.message("a", in: "a 1\na 2; requires: gone").contains("'gone'"))
  }

  @Test func `held pins stay while they can`() throws {
    let old = try RPMResolver(Self.universe("a 1; requires: b\nb 1\nc 1")).resolve(["a", "c"])
    func resolve(_ text: String) throws -> String {
      try RPMResolver(Self.universe(text), holding: old).resolve(["a", "c"]).map { "\($0.name) \($0.version)" }
        .joined(separator: ", ")
    }
    #expect(try resolve("a 1; requires: b\na 2; requires: b\nb 1\nb 2\nc 1") == "a 1-1, b 1-1, c 1-1")
    #expect(try resolve("a 2; requires: b >= 2\nb 1\nb 2\nc 1\nc 2") == "a 2-1, b 2-1, c 1-1")
  }

  @Test func `a failure far from its cause is found without trying everything`() throws {
    // Thirty choices that have nothing to do with the one that fails: 2^30 sets if each was tried.
    var text = "a 1; requires: bad, \((0..<30).map { "v\($0)" }.joined(separator: ", ")), late\n"
    for number in 0..<30 { text += "x\(number) 1; provides: v\(number)\ny\(number) 1; provides: v\(number)\n" }
    text += "bad1 1; provides: bad; conflicts: last\nbad22 1; provides: bad\n"
    text += "late 1; requires: last\nlast 1"
    let names = try RPMResolver(Self.universe(text)).resolve(["a"]).map(\.name)
    #expect(names.contains("bad22"))
    #expect(!names.contains("bad1"))
  }

  static let requirements = [
    "a", "a >= 1:2-3", "(a or b)", "(a and b >= 2 and c)", "(a if b)", "(a if b else c)", "(a unless b)",
    "((a and b) or c)", "(a with a < 2)", "(v without w)", "(libx.so.1()(64bit) or b)",
  ]

  @Test(arguments: requirements) func `requirements read as they are written`(_ text: String) throws {
    #expect(try RPMRequirement(parsing: text).description == text)
  }

  static let wrong = [
    "a >=", "a ~ 1", "(a or b", "(a xor b)", "()", "(a or)", "(a if)", String(repeating: "(", count: 40), "a b c d",
  ]

  @Test(arguments: wrong) func `what is no requirement is refused`(_ text: String) {
    #expect(throws: RPMError.self) { try RPMRequirement(parsing: text) }
  }

  static let overlaps: [(provided: String, required: String, holds: Bool)] = [
    ("a", "a", true), ("a = 1", "a", true), ("a", "a > 1", true), ("a = 1", "a = 1", true), ("a = 1-2", "a = 1", true),
    ("a = 1-2", "a = 1-3", false), ("a = 1", "a > 1", false), ("a = 1", "a >= 1", true), ("a = 1:1", "a > 2", true),
    ("a < 2", "a > 1", true), ("a < 1", "a > 1", false), ("a >= 1", "a < 1", false), ("a <= 1", "a >= 1", true),
    ("b = 1", "a = 1", false), ("a = 1~rc1", "a < 1", true),
  ]

  @Test(arguments: overlaps)
  func `what is provided meets what is required`(provided: String, required: String, holds: Bool) throws {
    #expect(try RPMRelation(parsing: provided).overlaps(RPMRelation(parsing: required)) == holds)
  }
}
