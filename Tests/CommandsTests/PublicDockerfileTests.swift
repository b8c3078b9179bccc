import Host
import JSON
import TestSupport
import Testing

/// Dockerfiles as people publish them, in `Tests/Reproduce`: the same bytes twice, elsewhere, and whoever builds them, also in
/// the eyes of diffoscope.
@Suite(.serialized) struct PublicDockerfileTests {
  private static let folder = Path.normalize(#filePath + "/../../Reproduce")

  /// What a Dockerfile builds on.
  enum Base: Sendable {
    case busybox
    /// Debian's packages, which are many; commands fetch more of them, or of Python's.
    case debian
  }

  static let all: [(name: String, base: Base)] = [
    ("cache", .busybox), ("go", .busybox), ("heredoc", .busybox), ("multistage", .busybox), ("npm", .busybox),
    ("onbuild", .busybox), ("secret", .busybox), ("apt", .debian), ("pip", .debian), ("user", .debian),
  ]
  /// Those on Debian take a minute each: `make reproduce-dockerfiles` builds all.
  static let built = Environment["DRYDOCK_DOCKERFILES"] == "all" ? all : all.filter { $0.base == .busybox }

  private static let words = [
    "--build-context", "busybox:1.36=oci-layout://base.oci:base", "--build-context",
    "debian:bookworm-slim=oci-layout://base.oci:base", "--build-context", "python:3.11-slim=oci-layout://base.oci:base",
    "--secret", "id=token,src=token", "--secret", "id=netrc,src=netrc",
  ]

  @Test(arguments: built) func `a Dockerfile gives the same bytes wherever, whenever and by whom it is built`(
    _ name: String, _ base: Base
  ) async throws {
    let fixture = try await fixture(name, base)
    let record = base == .debian ? ["--record"] : []
    let first = try await fixture.run(
      ["build", "app", "--reproduce", "--quiet", "-o", "oci-archive:first.tar"] + record + Self.words)
    try #require(first.status == 0, "\(first)")
    #expect(first.output.hasSuffix("\nbuilt twice, the same to the byte\n"))
    let digest = String(first.output.prefix { $0 != "\n" })

    try Files.createDirectory(fixture.work + "/another folder")
    try await copy("\(fixture.work)/app", to: "\(fixture.work)/another folder/app")
    let elsewhere = try await fixture.run(["build", "another folder/app", "--no-cache", "--quiet"] + Self.words)
    #expect(elsewhere == .init(0, output: digest + "\n"))

    let user = try await fixture.run(
      ["build", "app", "--no-cache", "--quiet", "--reproduce", "-o", "oci-archive:user.tar"] + Self.words,
      as: .subordinates)
    #expect(user == .init(0, output: digest + "\nbuilt twice, the same to the byte\n"))
    let peer = try await diffoscope("\(fixture.work)/first.tar", "\(fixture.work)/user.tar")
    #expect(peer.status == 0, "\(peer.text)")
    #expect(try fixture.mounts() == [])
  }

  @Test func `diffoscope names the same files of two different images`() async throws {
    let fixture = try await fixture("multistage", .busybox)
    for (number, version) in ["1.2", "1.3"].enumerated() {
      let built = try await fixture.run(
        ["build", "app", "--build-arg", "VERSION=\(version)", "-o", "root\(number)", "-o", "oci:oci\(number)"]
          + Self.words)
      try #require(built.status == 0, "\(built)")
    }
    let own = try await fixture.run("diff", "oci:oci0", "oci:oci1", "--format", "json")
    #expect(own.status == 1)
    let ownFiles = try JSONValue(parsing: own.output)["files"]?.array?.compactMap { $0["name"]?.string }
    let peer = try await diffoscope(
      "\(fixture.work)/root0", "\(fixture.work)/root1", "--exclude-directory-metadata=yes")
    #expect(peer.status == 1)
    #expect(ownFiles == ["/data/left"])
    #expect(Self.leaves(try JSONValue(parsing: peer.text), below: fixture.work + "/root0") == ownFiles)
  }

  /// The files of a report, which is a tree of what was compared with what.
  private static func leaves(_ node: JSONValue, below root: String) -> [String] {
    let children = (node["details"]?.array ?? []).flatMap { leaves($0, below: root) }
    guard children.isEmpty, let path = node["source1"]?.string, path.hasPrefix(root + "/") else { return children }
    return [String(path.dropFirst(root.count))]
  }

  // MARK: Bases

  private func fixture(_ name: String, _ base: Base) async throws -> ProgramFixture {
    let fixture = try ProgramFixture(["token": "s3cr3t", "netrc": "machine h\n"])
    try await copy("\(Self.folder)/\(name)", to: fixture.work + "/app")
    switch base {
    case .busybox:
      try await fixture.addPrograms(["busybox"], to: "base/root")
      try Files.write(
        """
        FROM scratch
        COPY root/bin/busybox /bin/busybox
        RUN ["/bin/busybox", "sh", "-c", "/bin/busybox --install -s /bin && mkdir -m 1777 /tmp && mkdir -m 700 /root"]

        """, to: fixture.work + "/base/Dockerfile")
    case .debian:
      try await copy(Self.folder + "/base", to: fixture.work + "/base")
      // Where this machine's packages come from.
      try Files.createDirectory(fixture.work + "/base/apt/sources.list.d")
      for name in ["sources.list", "sources.list.d/debian.sources"] where Files.isFile("/etc/apt/\(name)") {
        try await copy("/etc/apt/\(name)", to: "\(fixture.work)/base/apt/\(name)")
      }
      let pinned = try await fixture.run("pin", "base", "--quiet")
      try #require(pinned.status == 0, "\(pinned)")
    }
    let built = try await fixture.run("build", "base", "--quiet", "-o", "oci:base.oci:base")
    try #require(built.status == 0, "\(built)")
    return fixture
  }

  private func copy(_ path: String, to target: String) async throws {
    let result = try await Subprocess("cp", ["-R", path, target]).run()
    try #require(result.status == 0, "\(result.errorText)")
  }

  private func diffoscope(_ words: String...) async throws -> Subprocess.Result {
    try await Subprocess("diffoscope", ["--json", "-", "--no-progress"] + words).run()
  }
}
