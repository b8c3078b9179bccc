import Packages
import Resolution
import Testing
import Versions

@Suite struct `Installed packages` {
  private static let environment = MarkerEnvironment(linuxCPython: PEP440Version(release: 3, 10), machine: "x86_64")

  private static func package(_ name: String, _ version: String, _ needs: String...) throws -> PythonMetadata {
    PythonMetadata(
      name: try PackageName(parsing: name), version: try PEP440Version(parsing: version),
      requirements: try needs.map { try Requirement(parsing: $0) })
  }

  private static func base() throws -> PythonInstallation {
    PythonInstallation(
      [
        try package("s3fs", "2022.11.0", "fsspec==2022.11.0", "aiobotocore~=2.4.0"), try package("fsspec", "2021.8.1"),
        try package("aiobotocore", "2.4.1", "botocore<1.27.60,>=1.27.59", "boto3<1.24.60; extra == 'boto3'"),
        try package("botocore", "1.27.59"), try package("boto3", "1.24.70", "botocore<1.28.0,>=1.27.70"),
        try package("odd", "1", "gone; python_version < '3'", "missing>=2"),
      ], environment: environment)
  }

  @Test func `needs that are not met are told in pip's words`() throws {
    #expect(
      try Self.base().problems.map(\.description) == [
        "boto3 1.24.70 has requirement botocore<1.28.0,>=1.27.70, but you have botocore 1.27.59.",
        "odd 1 requires missing, which is not installed.",
        "s3fs 2022.11.0 has requirement fsspec==2022.11.0, but you have fsspec 2021.8.1.",
      ])
  }

  @Test func `what a resolution moves and breaks is known before anything is installed`() async throws {
    let base = try Self.base()
    var index = MemoryIndex()
    try index.add("boto3", "1.34.1", needs: ["botocore>=1.34"])
    try index.add("botocore", "1.34.1")
    let request = PythonRequest(
      requirements: [try Requirement(parsing: "boto3>=1.34")],
      platform: PythonPlatform(
        python: PEP440Version(release: 3, 10), glibc: PEP440Version(release: 2, 26), machine: "x86_64"))
    let resolution = try await PythonResolver(index: index) { [index] in try await index.metadata(of: $0, project: $1) }
      .resolve(request)
    let versions = Dictionary(resolution.packages.map { ($0.name, $0.version) }) { first, _ in first }
    #expect(base.moves(to: versions).map(\.description) == ["boto3 1.24.70 → 1.34.1", "botocore 1.27.59 → 1.34.1"])
    #expect(
      base.breaks(with: versions).map(\.description)
        == ["aiobotocore 2.4.1 has requirement botocore<1.27.60,>=1.27.59, but you have botocore 1.34.1."])
  }
}
