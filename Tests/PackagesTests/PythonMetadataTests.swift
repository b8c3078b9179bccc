import Packages
import Testing
import Versions

@Suite struct `Python metadata` {
  private func parse(_ text: String) throws -> PythonMetadata { try PythonMetadata(parsing: Array(text.utf8)) }

  @Test func `fields are read up to the description`() throws {
    let metadata = try parse(
      """
      Metadata-Version: 2.3
      Name: Some_Project
      Version: 1.0.post1
      Summary: what it does
      Requires-Python: >=3.8,<4
      Requires-Dist: requests (>=2.0)
      requires-dist: extra-thing>=1; extra == "Fast"
      Provides-Extra: Fast
      Dynamic: License-File

      Requires-Dist: not-a-field
      """)
    #expect(metadata.name.description == "some-project")
    #expect(metadata.version.description == "1.0.post1")
    #expect(metadata.requirements.map(\.description) == ["requests>=2.0", "extra-thing>=1; extra == 'Fast'"])
    #expect(metadata.requiresPython?.description == ">=3.8,<4")
    #expect(metadata.extras.map(\.description) == ["fast"])
    #expect(metadata.dynamicFields == ["license-file"])
    #expect(metadata.hasStaticRequirements)
  }

  @Test func `line endings of all systems and continuation lines are read`() throws {
    let metadata = try parse(
      "Metadata-Version: 2.1\r\nName: a\r\nVersion: 1\r\nDescription: one\r\n        two\r\nRequires-Dist: b\r\n\r\n")
    #expect(metadata.requirements.map(\.description) == ["b"])
  }

  @Test func `a requirement that makes no sense is an error with package and line`() {
    let error = #expect(throws: PythonMetadataError.self) {
      try parse("Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: pytz (>dev)\n")
    }
    guard case .invalid("a", "requires-dist", 4, let reason)? = error else {
      Issue.record("not the error expected: \(String(describing: error))")
      return
    }
    #expect(reason.column == 8)
    #expect(error?.description.hasPrefix("line 4 of the metadata of 'a', field 'requires-dist': ") == true)
  }

  @Test func `old specifiers are read as they were meant`() throws {
    let metadata = try parse("Name: a\nVersion: 1\nRequires-Python: >=2.7.*, !=3.0.*,\nRequires-Dist: b (>=1.0.*,)\n")
    #expect(metadata.requiresPython?.description == ">=2.7,!=3.0.*")
    #expect(metadata.requirements.map(\.description) == ["b>=1.0"])
    #expect(!metadata.hasStaticRequirements)
  }

  @Test(arguments: [
    ("Version: 1\n", "Name"), ("Name: a\n", "Version"), ("", "Name"), ("\nName: a\nVersion: 1\n", "Name"),
  ])
  func `name and version have to be there`(_ text: String, _ field: String) {
    #expect(throws: PythonMetadataError.missing(field: field)) { try parse(text) }
  }

  static let claims: [(version: String, dynamic: String, isStatic: Bool)] = [
    ("2.2", "", true), ("2.1", "", false), ("2.4", "Dynamic: Requires-Dist\n", false), ("1.0", "", false),
    ("2.2", "Dynamic: Version\n", true), ("2.2", "Dynamic: provides-extra\n", false),
  ]

  @Test(arguments: claims)
  func `requirements are static where the format says so`(
    _ claim: (version: String, dynamic: String, isStatic: Bool)
  ) throws {
    let metadata = try parse("Metadata-Version: \(claim.version)\nName: a\nVersion: 1\n\(claim.dynamic)")
    #expect(metadata.hasStaticRequirements == claim.isStatic)
  }

  @Test func `any bytes are read or refused`() {
    var state: UInt64 = 7
    for _ in 0..<500 {
      let bytes = (0..<64).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
      }
      #expect(throws: PythonMetadataError.self) { try PythonMetadata(parsing: bytes) }
    }
  }
}

@Suite struct `Python files` {
  private func file(_ name: String, of project: String) throws -> PythonFile {
    try PythonFile(fileName: name, project: try PackageName(parsing: project), url: "https://example.org/\(name)")
  }

  @Test func `a file tells its version and kind by its name`() throws {
    let wheel = try file("Flask-2.0.1-py3-none-any.whl", of: "flask")
    #expect(wheel.version.description == "2.0.1")
    #expect(!wheel.isSourceDistribution)
    #expect(try file("zope.interface-5.0.zip", of: "zope-interface").isSourceDistribution)
  }

  @Test(arguments: [
    "other-1.0-py3-none-any.whl", "flask-1.0.exe", "flask-1.0-py2.py3-none-any.whl.asc", "flask.tar.gz",
  ])
  func `a file of another project or kind is refused`(_ name: String) {
    #expect(throws: VersionNotationError.self) { try file(name, of: "flask") }
  }
}
