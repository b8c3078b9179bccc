import Packages
import Resolution
import Testing
import Versions

/// Serves packages from memory, and notes what it was asked.
struct MemoryIndex: PythonIndex {
  private var files: [PackageName: [PythonFile]] = [:]
  private var metadata: [String: PythonMetadata] = [:]
  private var broken: Set<String> = []

  /// Adds one file of a release; the metadata's requirements are given as text.
  mutating func add(
    _ fileName: String, project: String, needs: [String] = [], extras: [String] = [], requiresPython: String? = nil,
    yanked: String? = nil, uploaded: String? = nil, isBroken: Bool = false,
    digest: String = String(repeating: "a", count: 64)
  ) throws {
    let name = try PackageName(parsing: project)
    let file = try PythonFile(
      fileName: fileName, project: name, url: "https://example.org/\(fileName)",
      sha256: digest,
      requiresPython: requiresPython, yankReason: yanked, uploadTime: uploaded)
    files[name, default: []].append(file)
    metadata[fileName] = PythonMetadata(
      name: name, version: file.version, requirements: try needs.map { try Requirement(parsing: $0) },
      extras: try extras.map { try PackageName(parsing: $0) })
    if isBroken { broken.insert(fileName) }
  }

  /// Adds a release with one wheel that runs everywhere.
  mutating func add(_ project: String, _ version: String, needs: [String] = [], extras: [String] = []) throws {
    try add("\(project)-\(version)-py3-none-any.whl", project: project, needs: needs, extras: extras)
  }

  func files(of project: PackageName) async throws -> [PythonFile] {
    guard let found = files[project] else { throw PythonIndexError.unknownProject(project) }
    return found
  }

  func metadata(of file: PythonFile, project: PackageName) async throws -> PythonMetadata {
    if broken.contains(file.fileName) {
      throw PythonIndexError.unusableMetadata(fileName: file.fileName, reason: "it says nothing")
    }
    return try #require(metadata[file.fileName])
  }
}

@Suite struct `Python resolver` {
  private static let platform = PythonPlatform(
    python: PEP440Version(release: 3, 10), glibc: PEP440Version(release: 2, 26), machine: "x86_64")

  private func resolve(
    _ requirements: [String], _ index: MemoryIndex, change: (inout PythonRequest) throws -> Void = { _ in }
  ) async throws -> PythonResolution {
    var request = PythonRequest(
      requirements: try requirements.map { try Requirement(parsing: $0) }, platform: Self.platform)
    try change(&request)
    return try await PythonResolver(index: index) { try await index.metadata(of: $0, project: $1) }.resolve(request)
  }

  private func versions(_ resolution: PythonResolution) -> [String] {
    resolution.packages.map { "\($0.name) \($0.version)" }
  }

  @Test func `extras bring their own requirements`() async throws {
    var index = MemoryIndex()
    try index.add(
      "a", "1", needs: ["b; extra == 'more'", "a[more]; extra == 'all'", "c; extra == 'less'"],
      extras: ["more", "all", "less"])
    try index.add("b", "1")
    try index.add("c", "1")
    let resolution = try await resolve(["A[all]"], index)
    #expect(versions(resolution) == ["a 1", "b 1"])
    #expect(resolution.packages[0].extras.map(\.description) == ["all"])
    #expect(resolution.packages[1].requiredBy == [.package(try PackageName(parsing: "a"))])
    #expect(resolution.packages[0].dependencies.map(\.description) == ["b"])
  }

  @Test func `an extra that does not exist is told but no error`() async throws {
    var index = MemoryIndex()
    try index.add("a", "1")
    let resolution = try await resolve(["a[nope]"], index)
    #expect(versions(resolution) == ["a 1"])
    #expect(resolution.missingExtras.values.map { $0.map(\.description) } == [["nope"]])
  }

  @Test func `the wheel for the newest C library that the platform has is chosen`() async throws {
    var index = MemoryIndex()
    for tag in ["manylinux2014", "manylinux_2_24", "manylinux_2_28", "musllinux_1_1"] {
      try index.add("a-1-cp310-cp310-\(tag)_x86_64.whl", project: "a")
    }
    try index.add("a-1-py3-none-any.whl", project: "a")
    try index.add("a-1.tar.gz", project: "a")
    let package = try #require(try await resolve(["a"], index).packages.first)
    #expect(package.chosen?.fileName == "a-1-cp310-cp310-manylinux_2_24_x86_64.whl")
    #expect(package.files.count == 6)
  }

  @Test func `of two builds the later is chosen`() async throws {
    var index = MemoryIndex()
    for build in ["", "-2", "-10"] { try index.add("a-1\(build)-py3-none-any.whl", project: "a") }
    #expect(try await resolve(["a"], index).packages.first?.chosen?.fileName == "a-1-10-py3-none-any.whl")
  }

  @Test func `a source distribution is used where no wheel fits`() async throws {
    var index = MemoryIndex()
    try index.add("a-1-cp39-cp39-linux_x86_64.whl", project: "a")
    try index.add("a-1.tar.gz", project: "a", needs: ["b"])
    try index.add("b", "1")
    let resolution = try await resolve(["a"], index)
    #expect(resolution.packages.map(\.chosen?.fileName) == ["a-1.tar.gz", "b-1-py3-none-any.whl"])
  }

  @Test func `preferences are kept while requirements allow it`() async throws {
    var index = MemoryIndex()
    for version in ["1", "2", "3"] { try index.add("a", version) }
    let name = try PackageName(parsing: "a")
    let kept = try await resolve(["a"], index) { $0.preferences = [name: PEP440Version(release: 2)] }
    #expect(versions(kept) == ["a 2"])
    let moved = try await resolve(["a>2"], index) { $0.preferences = [name: PEP440Version(release: 2)] }
    #expect(versions(moved) == ["a 3"])
  }

  @Test func `a pinned version does not move`() async throws {
    var index = MemoryIndex()
    for version in ["1", "2"] { try index.add("a", version) }
    try index.add("b", "1")
    try index.add("b", "2", needs: ["a>=2"])
    let name = try PackageName(parsing: "a")
    let resolution = try await resolve(["a", "b"], index) { $0.pinned = [name: PEP440Version(release: 1)] }
    #expect(versions(resolution) == ["a 1", "b 1"])
    await #expect(throws: PythonResolutionError.self) {
      try await resolve(["a>=2"], index) { $0.pinned = [name: PEP440Version(release: 1)] }
    }
  }

  @Test func `constraints limit but do not ask`() async throws {
    var index = MemoryIndex()
    for version in ["1", "2"] { try index.add("a", version) }
    let resolution = try await resolve(["a"], index) {
      $0.constraints = [try Requirement(parsing: "a<2"), try Requirement(parsing: "other==1")]
    }
    #expect(versions(resolution) == ["a 1"])
  }

  @Test func `uploads after the limit are left out`() async throws {
    var index = MemoryIndex()
    try index.add("a-1-py3-none-any.whl", project: "a", uploaded: "2024-01-01T00:00:00Z")
    try index.add("a-2-py3-none-any.whl", project: "a", uploaded: "2024-01-02T00:00:00.5Z")
    try index.add("a-3-py3-none-any.whl", project: "a", uploaded: "2024-01-02T00:00:01Z")
    try index.add("a-4-py3-none-any.whl", project: "a")
    let resolution = try await resolve(["a"], index) { $0.excludeNewer = "2024-01-02T00:00:00.9Z" }
    #expect(versions(resolution) == ["a 2"])
  }

  @Test func `a version with broken metadata is passed over and reported`() async throws {
    var index = MemoryIndex()
    try index.add("a", "1")
    try index.add("a-2-py3-none-any.whl", project: "a", isBroken: true)
    let resolution = try await resolve(["a"], index)
    #expect(versions(resolution) == ["a 1"])
    #expect(resolution.skipped.map(\.version.description) == ["2"])
    #expect(resolution.skipped.first?.reason == .unusableMetadata("it says nothing"))
  }

  @Test func `an upper end of Requires-Python is obeyed while there is a choice`() async throws {
    var index = MemoryIndex()
    try index.add("a-1-py3-none-any.whl", project: "a", requiresPython: ">=3.7")
    try index.add("a-2-py3-none-any.whl", project: "a", requiresPython: ">=3.7,<3.10")
    try index.add("a-3-py3-none-any.whl", project: "a", requiresPython: ">=3.11")
    #expect(versions(try await resolve(["a"], index)) == ["a 1"])
    #expect(versions(try await resolve(["a>1"], index)) == ["a 2"])
  }

  @Test func `requirements whose marker does not hold are left out`() async throws {
    var index = MemoryIndex()
    try index.add("a", "1", needs: ["b; sys_platform == 'win32'", "c; python_version >= '3.10'"])
    try index.add("c", "1")
    #expect(versions(try await resolve(["a", "d; os_name == 'nt'"], index)) == ["a 1", "c 1"])
  }

  @Test func `an address is refused with a hint`() async throws {
    let error = await #expect(throws: PythonResolutionError.self) {
      try await resolve(["a @ https://example.org/a.whl"], MemoryIndex())
    }
    #expect(error?.hints == ["ask for 'a' by version, and put the file into an index if it is in none"])
  }

  @Test func `a network fault is no fact about packages`() async throws {
    struct Unreachable: Error {}
    struct BrokenIndex: PythonIndex {
      func files(of project: PackageName) async throws -> [PythonFile] { throw Unreachable() }
      func metadata(of file: PythonFile, project: PackageName) async throws -> PythonMetadata { throw Unreachable() }
    }
    let request = PythonRequest(requirements: [try Requirement(parsing: "a")], platform: Self.platform)
    await #expect(throws: Unreachable.self) {
      try await PythonResolver(index: BrokenIndex()) { _, _ in throw Unreachable() }.resolve(request)
    }
  }
}

@Suite struct `Python conflicts` {
  private static let platform = PythonPlatform(
    python: PEP440Version(release: 3, 10), glibc: PEP440Version(release: 2, 26), machine: "x86_64")

  private func failure(_ requirements: [String], _ index: MemoryIndex) async throws -> PythonResolutionError? {
    let request = PythonRequest(
      requirements: try requirements.map { try Requirement(parsing: $0) }, platform: Self.platform)
    do {
      _ = try await PythonResolver(index: index) { try await index.metadata(of: $0, project: $1) }.resolve(request)
      return nil
    } catch let error as PythonResolutionError {
      return error
    }
  }

  @Test func `a project that no index has`() async throws {
    let error = try #require(try await failure(["nope"], MemoryIndex()))
    #expect(error.kind == .unknownProject(try PackageName(parsing: "nope")))
    #expect(
      error.description == "Because nope is in no index and you require nope, your requirements can't be satisfied.")
  }

  @Test func `a version that does not exist`() async throws {
    var index = MemoryIndex()
    try index.add("a", "1")
    try index.add("a", "2")
    let error = try #require(try await failure(["a>=3"], index))
    #expect(error.kind == .noMatchingVersion(try PackageName(parsing: "a")))
    #expect(
      error.description
        == "Because there is no version of a>=3 (there are 2, from 1 to 2) and you require a>=3, "
        + "your requirements can't be satisfied.")
  }

  @Test func `a version without a file for the platform`() async throws {
    var index = MemoryIndex()
    try index.add("a-1-cp310-cp310-win_amd64.whl", project: "a")
    try index.add("a-1-cp310-cp310-manylinux_2_28_x86_64.whl", project: "a")
    let error = try #require(try await failure(["a"], index))
    #expect(error.kind == .noUsableVersion(try PackageName(parsing: "a")))
    #expect(error.description.contains("cp310-cp310-win_amd64"))
    #expect(error.hints.first?.contains("cp310-cp310-manylinux_2_26_x86_64") == true)
  }

  @Test func `two packages that want different versions of a third`() async throws {
    var index = MemoryIndex()
    try index.add("pandas", "2.0.3", needs: ["numpy>=1.21"])
    try index.add("old", "1.0", needs: ["numpy<1.20"])
    try index.add("numpy", "1.19")
    try index.add("numpy", "1.22")
    let error = try #require(try await failure(["pandas", "old"], index))
    #expect(error.kind == .conflict)
    #expect(
      error.description
        == "Because pandas==2.0.3 depends on numpy>=1.21, old==1.0 depends on numpy<1.20 "
        + "and you require pandas and old, your requirements can't be satisfied.")
  }
}
