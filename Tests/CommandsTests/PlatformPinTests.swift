import Host
import Images
import JSON
import OCI
import TestSupport
import Testing

/// Several platforms where each has packages, or versions, of its own: a Dockerfile that is pinned, and roots of RPMs.
@Suite(.serialized) struct PlatformPinTests {
  private static let x86 = "cp311-cp311-manylinux_2_17_x86_64"
  private static let wheels = [
    MadeUpWheel("alpha", "1.0", requires: ["beta"]), MadeUpWheel("beta", "1.0"), MadeUpWheel("beta", "2.0", tag: x86),
  ]

  /// A repository for each processor: `tool` of both is the same release with other files, `other` is one ahead on arm64.
  private struct Scene {
    let fixture: ProgramFixture
    let origin: String

    func run(_ arguments: String...) async throws -> ProgramFixture.Outcome {
      try await fixture.run(arguments, under: ["env", "DRYDOCK_RPM_ROOT=\(fixture.home)/machine"])
    }
  }

  private static func package(_ name: String, _ version: String, for architecture: String) -> String {
    """
    %global _unpackaged_files_terminate_build 0
    Name: \(name)
    Version: \(version)
    Release: 1
    Summary: x
    License: x
    AutoReqProv: no
    \(name == "tool" ? "Requires: data" : "")
    %description
    x
    %package -n \(name)-data
    Summary: x
    BuildArch: noarch
    Provides: data
    %description -n \(name)-data
    x
    %install
    mkdir -p %{buildroot}/usr/share/\(name)
    echo \(architecture) > %{buildroot}/usr/share/\(name)/machine
    echo data > %{buildroot}/usr/share/\(name)/data
    %files
    /usr/share/\(name)/machine
    %files -n \(name)-data
    /usr/share/\(name)/data
    """
  }

  private func withScene(_ files: [String: String], _ body: (Scene) async throws -> Void) async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    for architecture in ["x86_64", "aarch64"] {
      let folder = "\(directory.path)/\(architecture)"
      for (name, version) in [("tool", "2.0"), ("other", architecture == "aarch64" ? "1.1" : "1.0")] {
        let spec = Self.package(name, version, for: architecture)
        _ = try await MadeUpRPM.build(spec, in: folder, options: ["--target", "\(architecture)-linux"])
      }
      try await MadeUpRPM.run("createrepo_c", ["-q", folder + "/RPMS"])
    }
    let index = TestIndex(wheels: Self.wheels).serve()
    defer { index.stop() }
    let fixture = try ProgramFixture(files, index: index.origin)
    try await HTTPTestServer.with({ request in
      let parts = request.target.split(separator: "/", maxSplits: 2)
      guard parts.count == 3, parts[0] == "2023.1", ["x86_64", "aarch64"].contains(parts[1]), !parts[2].contains(".."),
        let bytes = try? Files.read("\(directory.path)/\(parts[1])/RPMS/\(parts[2])")
      else { return .init(404) }
      return .init(body: bytes)
    }) { server in
      let machine = fixture.home + "/machine/etc/yum.repos.d"
      try Files.createDirectory(machine)
      try Files.write("[core]\nbaseurl=\(server.origin)/$releasever/$basearch\n", to: machine + "/main.repo")
      try await body(Scene(fixture: fixture, origin: server.origin))
    }
  }

  private static let dockerfile = """
    FROM scratch
    RUN dnf install -y tool other
    RUN pip install alpha

    """

  private static let options = ["pin", "Dockerfile", "--rpm-release", "2023.1", "--python", "3.11"]

  @Test(arguments: [("linux/amd64", "1.0-1", "2.0"), ("linux/arm64", "1.1-1", "1.0")])
  func `a Dockerfile is pinned for the platform that is named`(
    _ platform: String, other: String, beta: String
  ) async throws {
    try await withScene(["Dockerfile": Self.dockerfile]) { scene in
      let pinned = try await scene.fixture.run(
        Self.options + ["--platform", platform], under: ["env", "DRYDOCK_RPM_ROOT=\(scene.fixture.home)/machine"])
      #expect(pinned.status == 0 && pinned.errors.isEmpty, "\(pinned)")
      #expect(
        try Files.text(scene.fixture.work + "/Dockerfile").contains("dnf install -y tool-2.0-1 other-\(other)\n"))
      let list = try Files.text(scene.fixture.work + "/requirements.pinned.txt")
      #expect(list.contains("alpha==1.0 \\\n") && list.contains("beta==\(beta) \\\n"), "\(list)")
    }
  }

  @Test func `for several a Dockerfile gets what they share, markers, and a note on the rest`() async throws {
    try await withScene(["Dockerfile": Self.dockerfile]) { scene in
      let pinned = try await scene.fixture.run(
        Self.options + ["--platform", "linux/amd64", "--platform", "linux/arm64"],
        under: ["env", "DRYDOCK_RPM_ROOT=\(scene.fixture.home)/machine"])
      #expect(pinned.status == 0)
      #expect(
        pinned.errors
          == "note: Dockerfile:2:20: 'other' differs between platforms: 1.0-1 on linux/amd64, 1.1-1 on linux/arm64\n")
      #expect(try Files.text(scene.fixture.work + "/Dockerfile").contains("dnf install -y tool-2.0-1 other\n"))
      let list = try Files.text(scene.fixture.work + "/requirements.pinned.txt")
      let pins = list.split(separator: "\n").filter { !$0.hasPrefix(" ") && !$0.hasPrefix("#") }
      #expect(
        pins == [
          #"alpha==1.0 \"#, #"beta==1.0 ; platform_machine == 'aarch64' \"#,
          #"beta==2.0 ; platform_machine == 'x86_64' \"#,
        ])
    }
  }

  @Test func `roots of RPMs are pinned and built for both platforms of one lock`() async throws {
    let spec = """
      version: 1
      name: sample
      runtime: false
      platforms: [linux/amd64, linux/arm64]
      rpm: {release: "2023.1", packages: [tool]}
      """
    try await withScene(["image/image.yaml": spec]) { scene in
      let pinned = try await scene.run("pin", "image")
      #expect(
        pinned.output == "image/drydock.lock: linux/amd64: 2 rpm; linux/arm64: 2 rpm\n" && pinned.status == 0,
        "\(pinned)")
      let built = try await scene.run("build", "image", "-o", "oci:out")
      try #require(built.status == 0, "\(built)")
      for (architecture, machine) in [("amd64", "x86_64"), ("arm64", "aarch64")] {
        let image = try OCILayout(at: "\(scene.fixture.work)/out").image(
          platform: Platform(os: "linux", architecture: architecture))
        let root = "\(scene.fixture.work)/\(machine)"
        try Files.createDirectory(root)
        try image.unpack(into: root)
        #expect(try Files.text(root + "/usr/share/tool/machine") == machine + "\n")
        #expect(image.config.platform.architecture == architecture)
        let listed = try await MadeUpRPM.run("rpm", ["--root", root, "--dbpath", "/var/lib/rpm", "-qa"])
        #expect(listed.split(separator: "\n").sorted() == ["tool-2.0-1.\(machine)", "tool-data-2.0-1.noarch"])
      }
      let generated = try await scene.run("generate", "image")
      #expect(generated.status == 0, "\(generated)")
      let checked = try await scene.run("check", "image")
      #expect(checked.status == 0, "\(checked)")
      let vendored = try await scene.run("vendor", "image", "kept")
      #expect(vendored.status == 0, "\(vendored)")
      let kept = try Files.list(scene.fixture.work + "/kept/rpm")
      #expect(kept.contains("tool-2.0-1.x86_64.rpm") && kept.contains("tool-2.0-1.aarch64.rpm"), "\(kept)")
    }
  }
}
