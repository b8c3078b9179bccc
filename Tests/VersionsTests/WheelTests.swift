import Testing
import Versions

@Suite struct `Wheels` {
  @Test func `a wheel name is taken apart`() throws {
    let wheel = try WheelName(
      parsing: "Foo_Bar-1.0.0-2b-cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
    #expect(wheel.project.description == "foo-bar")
    #expect(wheel.version == PEP440Version(release: 1))
    #expect(wheel.build?.number == 2)
    #expect(wheel.build?.suffix == "b")
    #expect(wheel.tags.map(\.platform) == ["manylinux_2_17_x86_64", "manylinux2014_x86_64"])
  }

  @Test func `a compressed tag set stands for all combinations`() {
    let tags = WheelTag.expand("py2.py3-none.abi3-any").map(\.description)
    #expect(tags == ["py2-none-any", "py2-abi3-any", "py3-none-any", "py3-abi3-any"])
  }

  @Test(arguments: [
    "foo-1.0.whl", "foo-1.0-py3-none-any.zip", "foo-x-py3-none-any.whl", "foo-1.0-b1-py3-none-any.whl",
    "-1.0-py3-none-any.whl", "foo-1.0-py3--any.whl", "foo-1.0-1-2-py3-none-any.whl", ".whl", "",
  ])
  func `what is no wheel name is refused`(_ name: String) {
    #expect(throws: VersionNotationError.self) { try WheelName(parsing: name) }
  }

  static let sources: [(String, String, String)] = [
    ("pyspark-3.5.4.tar.gz", "pyspark", "3.5.4"), ("python-dateutil-2.8.2.tar.gz", "python-dateutil", "2.8.2"),
    ("zope.interface-5.0.zip", "zope-interface", "5.0"), ("foo_bar-1.0rc1.tgz", "foo-bar", "1.0rc1"),
    ("foo-2-1.0.tar.gz", "foo-2", "1.0"),
  ]

  @Test(arguments: sources)
  func `a source distribution's name is told from its version by the project`(
    _ file: String, _ project: String, _ version: String
  ) throws {
    let name = try SourceDistributionName(parsing: file, project: try PackageName(parsing: project))
    #expect(name.version.description == version)
  }

  @Test(arguments: ["pyspark-3.5.4.exe", "other-1.0.tar.gz", "pyspark.tar.gz", "pyspark-3.x.tar.gz"])
  func `what is no source distribution of the project is refused`(_ file: String) throws {
    let project = try PackageName(parsing: "pyspark")
    #expect(throws: VersionNotationError.self) { try SourceDistributionName(parsing: file, project: project) }
  }
}

@Suite struct `Python platforms` {
  private static let platform = PythonPlatform(
    python: PEP440Version(release: 3, 10), glibc: PEP440Version(release: 2, 26), machine: "x86_64")

  /// Tags that run on CPython 3.10 with glibc 2.26, best first.
  static let ascending = [
    "cp310-cp310-manylinux_2_26_x86_64", "cp310-cp310-manylinux_2_17_x86_64", "cp310-cp310-manylinux2014_x86_64",
    "cp310-cp310-manylinux2010_x86_64", "cp310-cp310-manylinux1_x86_64", "cp310-cp310-linux_x86_64",
    "cp310-abi3-manylinux_2_17_x86_64", "cp310-none-manylinux_2_17_x86_64", "cp39-abi3-manylinux_2_17_x86_64",
    "cp32-abi3-manylinux1_x86_64", "py310-none-manylinux_2_17_x86_64", "py3-none-manylinux_2_17_x86_64",
    "py39-none-linux_x86_64", "cp310-none-any", "py310-none-any", "py3-none-any", "py39-none-any", "py30-none-any",
  ]

  @Test func `tags are preferred in the usual order`() throws {
    let ranks = Self.ascending.map { Self.platform.rank(of: WheelTag.expand($0)[0]) }
    #expect(ranks.compactMap(\.self).count == Self.ascending.count)
    #expect(ranks.compactMap(\.self) == ranks.compactMap(\.self).sorted())
    #expect(Set(ranks).count == ranks.count)
  }

  @Test(arguments: [
    "cp311-cp311-manylinux_2_17_x86_64", "cp310-cp310-manylinux_2_28_x86_64", "cp310-cp310-musllinux_1_1_x86_64",
    "cp310-cp310-manylinux_2_17_aarch64", "py2-none-any", "cp39-cp39-linux_x86_64", "cp310-cp310-win_amd64",
    "cp311-abi3-manylinux_2_17_x86_64", "pp310-pypy310_pp73-any", "cp39-none-any", "py311-none-any",
  ])
  func `foreign tags do not run`(_ text: String) {
    #expect(Self.platform.rank(of: WheelTag.expand(text)[0]) == nil)
  }

  @Test func `other machines have no wheels for old C libraries`() {
    let platform = PythonPlatform(
      python: PEP440Version(release: 3, 11), glibc: PEP440Version(release: 2, 36), machine: "aarch64")
    #expect(platform.rank(of: WheelTag.expand("cp311-cp311-manylinux2014_aarch64")[0]) != nil)
    #expect(platform.rank(of: WheelTag.expand("cp311-cp311-manylinux_2_12_aarch64")[0]) == nil)
  }

  @Test func `every supported tag has the rank of its place`() {
    let ranks = Self.platform.supportedTags.map { Self.platform.rank(of: $0) }
    #expect(ranks.compactMap(\.self) == ranks.compactMap(\.self).sorted())
    #expect(ranks.compactMap(\.self).count == ranks.count)
    #expect(Self.platform.supportedTags.count > 300)
  }
}
