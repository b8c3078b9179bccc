import OCI
import Testing
import Versions

@testable import Packages

@Suite struct DebianResolverTests {
  /// A universe of one suite: each line is a name, a version and fields.
  private static func universe(_ text: String) -> DebianUniverse {
    let digest = String(repeating: "0", count: 64)
    let stanzas = text.split(separator: "\n").map { line -> String in
      let parts = line.split(separator: ";").map { $0.drop { $0 == " " } }
      let head = parts[0].split(separator: " ")
      return """
        Package: \(head[0])
        Version: \(head[1])
        Architecture: amd64
        Filename: pool/\(head[0])_\(head[1]).deb
        Size: 1
        SHA256: \(digest)
        \(parts.dropFirst().joined(separator: "\n"))

        """
    }
    let index = PackageIndex(Array(stanzas.joined(separator: "\n").utf8), suite: "test")
    return DebianUniverse(architecture: "amd64", evidence: [], indexes: [index])
  }

  private static func resolve(_ requests: String..., in text: String, holding: [DebianPin] = []) throws(DebianError)
    -> String
  {
    let pins = try DebianResolver(universe(text), holding: holding).resolve(requests)
    return pins.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
  }

  private static func message(_ requests: String..., in text: String) -> String {
    do throws(DebianError) {
      return try DebianResolver(universe(text)).resolve(requests).map(\.name).joined(separator: " ")
    } catch { return error.description }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let universe: String
    let request: String
    let result: String
  }

  static let cases = [
    Case(
      testDescription: "the highest version wins, by dpkg's order", universe: "a 1.9\na 1.10~rc1\na 1.10~rc1+b1",
      request: "a", result: "a 1.10~rc1+b1"),
    Case(
      testDescription: "essential packages come along with what they need",
      universe: "a 1\nshell 1; Essential: yes; Pre-Depends: c\nc 1", request: "a", result: "a 1, c 1, shell 1"),
    Case(
      testDescription: "the first alternative that exists", universe: "a 1; Depends: x | b | c\nb 1\nc 1", request: "a",
      result: "a 1, b 1"),
    Case(
      testDescription: "an alternative that is there anyway",
      universe: "a 1; Depends: b | c, d\nb 1\nc 1\nd 1; Depends: c", request: "a", result: "a 1, c 1, d 1"),
    Case(
      testDescription: "a provider, by its importance and then its name",
      universe: "a 1; Depends: awk\ngawk 1; Provides: awk\nmawk 1; Provides: awk; Priority: required", request: "a",
      result: "a 1, mawk 1"),
    Case(
      testDescription: "a version that is provided",
      universe: "a 1; Depends: v (>= 2)\nb 1; Provides: v\nc 1; Provides: v (= 2.1)", request: "a", result: "a 1, c 1"),
    Case(
      testDescription: "an alternative without a conflict",
      universe: "a 1; Depends: b | c\nb 1; Breaks: a (<< 2)\nc 1", request: "a", result: "a 1, c 1"),
    Case(
      testDescription: "its own name in Conflicts means other packages",
      universe: "a 1; Provides: mta; Conflicts: mta", request: "a", result: "a 1"),
    Case(
      testDescription: "a root with links needs no conversion",
      universe: "a 1; Depends: usrmerge | usr-is-merged\nusrmerge 1\nusr-is-merged 1", request: "a",
      result: "a 1, usr-is-merged 1"),
    Case(testDescription: "a version that was asked for", universe: "a 1\na 2", request: "a (= 1)", result: "a 1"),
    Case(
      testDescription: "circles end", universe: "a 1; Depends: b (= 1)\nb 1; Depends: a (= 1)", request: "b",
      result: "a 1, b 1"),
    Case(
      testDescription: "qualifiers of architecture", universe: "a 1; Depends: b:any (>= 0)\nb 1", request: "a",
      result: "a 1, b 1"),
  ]

  @Test(arguments: cases)
  func `the set is the one that apt would choose`(_ test: Case) throws {
    #expect(try Self.resolve(test.request, in: test.universe) == test.result)
  }

  @Test func `the order of requests decides nothing`() throws {
    let text = "a 1; Depends: x | y\nb 1; Depends: y\nx 1\ny 1"
    #expect(try Self.resolve("a", "b", in: text) == Self.resolve("b", "a", in: text))
  }

  @Test func `a missing package is named with the nearest ones`() {
    #expect(
      Self.message("pyhton3", in: "python3 1\npython2 1")
        == "There is no package 'pyhton3' in the configured suites, but 'python3'.")
    #expect(Self.message("zz", in: "python3 1") == "There is no package 'zz' in the configured suites.")
  }

  @Test func `a dependency that fails is explained from the request on`() {
    let text = "a 1; Depends: b\nb 1; Depends: c (>= 2)\nc 1.3"
    #expect(Self.message("a", in: text) == "a needs b depends on 'c (>= 2)', but only c 1.3 is there.")
    #expect(Self.message("a", in: "a 1; Depends: x | y") == "a depends on 'x | y', but there is no such package.")
    #expect(Self.message("a (= 3)", in: "a 1") == "The request 'a (= 3)' can't be satisfied, but only a 1 is there.")
  }

  @Test func `a conflict names both sides`() {
    #expect(
      Self.message("a", "b", in: "a 1; Conflicts: b (<< 2)\nb 1")
        == "The packages a and b exclude each other: a conflicts with b (<< 2).")
  }

  @Test func `held pins stay while they can`() throws {
    let old = try DebianResolver(Self.universe("a 1; Depends: b\nb 1\nc 1")).resolve(["a", "c"])
    #expect(
      try Self.resolve("a", "c", in: "a 1; Depends: b\na 2; Depends: b\nb 1\nb 2\nc 1", holding: old) == "a 1, b 1, c 1"
    )
    // b 1 is gone; nothing else moves.
    #expect(
      try Self.resolve("a", "c", in: "a 1; Depends: b\na 2; Depends: b\nb 2\nc 1\nc 2", holding: old) == "a 1, b 2, c 1"
    )
    // a 1 is gone, and its successor needs a newer b.
    #expect(
      try Self.resolve("a", "c", in: "a 2; Depends: b (>= 2)\nb 1\nb 2\nc 1\nc 2", holding: old) == "a 2, b 2, c 1")
  }

  // MARK: Preferences

  private static let suites: [(DebianRelease, String)] = [
    (
      DebianRelease(suite: "stable", codename: "trial", origin: "Debian", version: "12.1"),
      "a 1\nb 1\nc 1; Depends: b (>= 2)"
    ),
    (
      DebianRelease(
        suite: "stable-backports", codename: "trial-backports", origin: "Debian", isNotAutomatic: true,
        upgradesAutomatically: true), "a 3~bpo\nb 2~bpo"
    ),
    (DebianRelease(suite: "experimental", codename: "rc", isNotAutomatic: true), "a 4\nd 1"),
  ]

  private static func versions(_ requests: String..., preferences: [DebianPreference] = []) -> String {
    let digest = String(repeating: "0", count: 64)
    let indexes = suites.map { release, text in
      let stanzas = text.split(separator: "\n").map { line in
        let parts = line.split(separator: ";").map { $0.drop { $0 == " " } }
        let head = parts[0].split(separator: " ")
        return "Package: \(head[0])\nVersion: \(head[1])\nArchitecture: all\nFilename: pool/\(head[0]).deb\nSize: 1\n"
          + "SHA256: \(digest)\n\(parts.dropFirst().joined(separator: "\n"))\n"
      }
      return PackageIndex(Array(stanzas.joined(separator: "\n").utf8), suite: release.codename, release: release)
    }
    let universe = DebianUniverse(architecture: "amd64", evidence: [], indexes: indexes, preferences: preferences)
    do throws(DebianError) {
      return try DebianResolver(universe).resolve(requests).map { "\($0.name) \($0.version)" }.joined(separator: ", ")
    } catch { return error.description }
  }

  @Test func `what is not automatic counts less, and is taken when it is asked for`() {
    #expect(Self.versions("a") == "a 1")
    #expect(Self.versions("d") == "d 1")
    #expect(Self.versions("a/trial-backports") == "a 3~bpo")
    #expect(Self.versions("a/stable-backports") == "a 3~bpo")
    #expect(Self.versions("a=4") == "a 4")
    #expect(Self.versions("a=3*") == "a 3~bpo")
    #expect(Self.versions("a=5").hasPrefix("No suite has a=5, but a 1, a 3~bpo, a 4."))
    #expect(Self.versions("a/nowhere").hasPrefix("No suite has a/nowhere"))
    // As with apt, what is needed is not looked for where nothing is automatic.
    #expect(Self.versions("c") == "c depends on 'b (>= 2)', but only b 1 is there.")
  }

  @Test func `preferences decide as in apt_preferences`() throws {
    func prefer(_ packages: String, _ pin: String, _ priority: Int) throws -> DebianPreference {
      DebianPreference(packages: [packages], pin: try #require(DebianPreference.Pin(pin)), priority: priority)
    }
    let backports = try prefer("*", "release n=trial-backports", 900)
    #expect(Self.versions("a", preferences: [backports]) == "a 3~bpo")
    // A record for the package goes before one for all, wherever it stands.
    #expect(
      Self.versions("a", "b", preferences: [backports, try prefer("a", "release a=stable", 950)]) == "a 1, b 2~bpo")
    #expect(Self.versions("a", preferences: [try prefer("a", "version 4*", 1001)]) == "a 4")
    #expect(Self.versions("a", preferences: [try prefer("?", "release o=Debian", -1)]) == "a 4")
    #expect(
      Self.versions("d", preferences: [try prefer("d", "release a=experimental", -1)]).contains("only d 1 is there"))
    #expect(Self.versions("d=1", preferences: [try prefer("d", "release a=experimental", -1)]) == "d 1")
  }

  // MARK: Architectures

  @Test(arguments: ["a:i386", "a:arm64=1", "a:i386 (>= 1)", "a | b:i386"])
  func `a package of another architecture is refused, not replaced by the set's own`(_ request: String) {
    #expect(
      Self.message(request, in: "a 1\nb 1")
        == "'\(request)' asks for a package of another architecture than amd64, and all packages of an image are of one."
    )
  }

  @Test(arguments: ["a:amd64", "a:any", "a:native", "a:amd64=1", "a:amd64 (>= 1)"])
  func `a package may be named with the set's own architecture`(_ request: String) throws {
    #expect(try Self.resolve(request, in: "a 1") == "a 1")
  }

  @Test(arguments: [
    ("linux/amd64", "amd64"), ("linux/arm64", "arm64"), ("linux/arm64/v8", "arm64"), ("linux/386", "i386"),
    ("linux/arm/v7", "armhf"), ("linux/arm", "armhf"), ("linux/arm/v6", "armel"), ("linux/ppc64le", "ppc64el"),
    ("linux/riscv64", "riscv64"), ("linux/s390x", "s390x"),
  ]) func `a platform has a name in Debian`(_ platform: String, _ name: String) throws {
    #expect(try Platform(parsing: platform).debianArchitecture == name)
  }
}
