import Packages
import Resolution
import Testing
import Versions

/// Resolutions for several environments at once.
@Suite struct `Universal resolution` {
  /// A made-up universe: `NAME VERSION` with requirements, and from which Python on.
  private static func index(_ releases: [(String, [String], String?)]) throws -> MemoryIndex {
    var index = MemoryIndex()
    for (release, needs, python) in releases {
      let parts = release.split(separator: " ").map(String.init)
      try index.add(
        "\(parts[0])-\(parts[1])-py3-none-any.whl", project: parts[0], needs: needs, requiresPython: python)
    }
    return index
  }

  private static func resolve(
    _ requirements: [String], _ index: MemoryIndex, python: String = "3.8",
    change: (inout PythonRequest) throws -> Void = { _ in }
  ) async throws -> [String] {
    var request = PythonRequest(
      requirements: try requirements.map { try Requirement(parsing: $0) },
      target: .environments(EnvironmentSet(pythonFrom: try PEP440Version(parsing: python))))
    try change(&request)
    let resolution = try await PythonResolver(index: index) { try await index.metadata(of: $0, project: $1) }
      .resolve(request)
    return resolution.packages.map { package in
      "\(package.name) \(package.version)" + (resolution.marker(of: package).map { " ; \($0)" } ?? "")
    }
  }

  @Test func `needs that exclude each other split the environments`() async throws {
    let index = try Self.index([("a 1", [], nil), ("a 2", [], nil)])
    #expect(
      try await Self.resolve(["a<2; sys_platform == 'linux'", "a>=2; sys_platform != 'linux'"], index)
        == ["a 1 ; sys_platform == 'linux'", "a 2 ; sys_platform != 'linux'"])
  }

  @Test func `needs that contradict each other everywhere are a conflict`() async throws {
    let index = try Self.index([("a 1", [], nil), ("a 2", [], nil)])
    await #expect(throws: PythonResolutionError.self) {
      try await Self.resolve(["a<2; sys_platform == 'linux'", "a>=2; sys_platform == 'linux'"], index)
    }
  }

  @Test func `a condition is passed on to what is needed`() async throws {
    let index = try Self.index([
      ("a 1", ["b; python_version < '3.10'"], nil), ("b 1", ["c; implementation_name == 'pypy'"], nil),
      ("c 1", [], nil),
      ("d 1", ["c"], nil),
    ])
    #expect(
      try await Self.resolve(["a; sys_platform == 'win32'"], index) == [
        "a 1 ; sys_platform == 'win32'", "b 1 ; python_full_version < '3.10' and sys_platform == 'win32'",
        "c 1 ; python_full_version < '3.10' and implementation_name == 'pypy' and sys_platform == 'win32'",
      ])
    #expect(try await Self.resolve(["a; sys_platform == 'win32'", "d"], index).contains("c 1"))
  }

  @Test func `a split inside a split inherits both conditions`() async throws {
    let index = try Self.index([
      ("a 1", ["b>=2; implementation_name == 'cpython'", "b<2; implementation_name == 'pypy'"], nil), ("a 2", [], nil),
      ("b 1", ["c; sys_platform == 'linux' or implementation_name == 'cpython'"], nil), ("b 2", [], nil),
      ("c 1", [], nil),
    ])
    #expect(
      try await Self.resolve(["a>=2; sys_platform == 'linux'", "a<2; sys_platform == 'darwin'"], index) == [
        "a 1 ; sys_platform == 'darwin'", "a 2 ; sys_platform == 'linux'",
        "b 1 ; implementation_name == 'pypy' and sys_platform == 'darwin'",
        "b 2 ; implementation_name == 'cpython' and sys_platform == 'darwin'",
      ])
  }

  @Test func `an older Python gets the newest version that it can have`() async throws {
    let index = try Self.index([("a 1", [], ">=3.7"), ("a 2", [], ">=3.9"), ("a 3", [], ">=3.11")])
    #expect(
      try await Self.resolve(["a"], index) == [
        "a 1 ; python_full_version < '3.9'", "a 2 ; python_full_version >= '3.9' and python_full_version < '3.11'",
        "a 3 ; python_full_version >= '3.11'",
      ])
    #expect(try await Self.resolve(["a"], index, python: "3.11") == ["a 3"])
  }

  @Test func `a version for a Python that nobody asked for is not used`() async throws {
    let index = try Self.index([("a 1", [], ">=3.7"), ("a 2", [], ">=3.6,<3.8")])
    // Upper ends are guesses, as uv has it.
    #expect(try await Self.resolve(["a"], index) == ["a 2"])
    await #expect(throws: PythonResolutionError.self) {
      try await Self.resolve(["a; python_version < '3.9'"], try Self.index([("a 1", [], ">=3.10")]))
    }
  }

  @Test func `a requirement that no Python meets is left out`() async throws {
    let index = try Self.index([("a 1", [], nil)])
    #expect(try await Self.resolve(["a==1; python_full_version == '3.7'"], index) == [])
  }

  @Test func `parts keep to versions chosen before`() async throws {
    let index = try Self.index([
      ("a 1", ["c<2"], nil), ("a 2", ["c"], nil), ("c 1", [], nil), ("c 2", [], nil),
    ])
    // The part with an upper end comes first, and the other follows it though a newer c would do.
    #expect(
      try await Self.resolve(["a<2; sys_platform == 'linux'", "a>=2; sys_platform != 'linux'"], index) == [
        "a 1 ; sys_platform == 'linux'", "a 2 ; sys_platform != 'linux'", "c 1",
      ])
  }

  @Test func `overrides stand in for what others ask`() async throws {
    let index = try Self.index([
      ("a 1", ["b<2", "c; extra == 'x'"], nil), ("b 1", [], nil), ("b 2", [], nil), ("c 1", [], nil),
    ])
    let resolved = try await Self.resolve(["a"], index) { request in
      request.overrides = try ["b>=2", "c<1; python_version < '3'"].map { try Requirement(parsing: $0) }
    }
    #expect(resolved == ["a 1", "b 2"])
  }

  @Test func `constraints split like requirements`() async throws {
    let index = try Self.index([("a 1", [], nil), ("a 2", [], nil)])
    let resolved = try await Self.resolve(["a"], index) { request in
      request.constraints = [try Requirement(parsing: "a<2; sys_platform == 'linux'")]
    }
    // The other part would take a 2, but follows the first.
    #expect(resolved == ["a 1"])
  }

  @Test func `the oldest versions can be asked for`() async throws {
    let index = try Self.index([
      ("a 1", ["b>=2"], nil), ("a 2", ["b>=2"], nil), ("b 1", [], nil), ("b 2", [], nil), ("b 3", [], nil),
    ])
    #expect(try await Self.resolve(["a"], index) { $0.strategy = .lowest } == ["a 1", "b 2"])
    #expect(try await Self.resolve(["a"], index) { $0.strategy = .lowestDirect } == ["a 1", "b 3"])
  }

  @Test func `the oldest of what is asked for by name counts only where it is asked for`() async throws {
    let index = try Self.index([
      ("a 1", ["b>=1"], nil), ("b 1", [], nil), ("b 2", [], nil), ("b 3", [], nil),
    ])
    let resolved = try await Self.resolve(["a", "b>=2; python_version >= '3.12'"], index) {
      $0.strategy = .lowestDirect
    }
    #expect(resolved == ["a 1", "b 2 ; python_full_version >= '3.12'", "b 3 ; python_full_version < '3.12'"])
  }

  static let preReleases: [(PythonRequest.PreReleases, String, String?)] = [
    (.disallow, "a", "a 1"), (.disallow, "b", nil), (.allow, "a", "a 2a1"), (.ifNecessary, "a", "a 1"),
    (.ifNecessary, "b", "b 1a1"), (.ifNecessary, "a>=2a1", nil), (.explicit, "a>=2a1", "a 2a1"), (.explicit, "b", nil),
    (.ifNecessaryOrExplicit, "a>=2a1", "a 2a1"), (.ifNecessaryOrExplicit, "b", "b 1a1"),
  ]

  @Test(arguments: preReleases) func `pre-releases are used as the policy has it`(
    _ policy: PythonRequest.PreReleases, _ requirement: String, _ expected: String?
  ) async throws {
    let index = try Self.index([("a 1", [], nil), ("a 2a1", [], nil), ("b 1a1", [], nil)])
    let resolved = try? await Self.resolve([requirement], index) { $0.preReleases = policy }
    #expect(resolved == expected.map { [$0] })
  }

  @Test func `what is installed stays, needs no index, and moves only if it has to`() async throws {
    let index = try Self.index([("a 2", ["b>=2"], nil), ("b 1", [], nil), ("b 2", [], nil)])
    func installed(_ name: String, _ version: String, _ needs: [String] = []) throws -> PythonRequest.Installed {
      PythonRequest.Installed(
        PythonMetadata(
          name: try PackageName(parsing: name), version: try PEP440Version(parsing: version),
          requirements: try needs.map { try Requirement(parsing: $0) }))
    }
    let present = [
      try PackageName(parsing: "base"): try installed("base", "7", ["b"]),
      try PackageName(parsing: "b"): try installed("b", "1.5"),
    ]
    #expect(try await Self.resolve(["base"], index) { $0.installed = present } == ["b 1.5", "base 7"])
    #expect(try await Self.resolve(["base", "a"], index) { $0.installed = present } == ["a 2", "b 2", "base 7"])
  }

  @Test func `an index without upload times can't leave out newer files`() async throws {
    var index = MemoryIndex()
    try index.add("a", "1")
    try index.add("b-1-py3-none-any.whl", project: "b", uploaded: "2024-01-01T10:00:00Z")
    try index.add("b-2-py3-none-any.whl", project: "b", uploaded: "2024-01-02T00:00:00.000001Z")
    let limit = try #require(PythonRequest.uploadLimit("2024-01-01"))
    #expect(try await Self.resolve(["b"], index) { $0.excludeNewer = limit } == ["b 1"])
    let fault = await #expect(throws: PythonResolutionError.self) {
      try await Self.resolve(["a"], index) { $0.excludeNewer = limit }
    }
    #expect(fault?.kind == .noUploadTimes(try PackageName(parsing: "a")))
  }
}
