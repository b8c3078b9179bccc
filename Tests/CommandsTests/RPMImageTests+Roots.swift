import Host
import Images
import JSON
import Layers
import OCI
import Synchronization
import TestSupport
import Testing
import Trust

extension RPMImageTests {
  static let distribution = """
    %global _unpackaged_files_terminate_build 0
    Name: busy
    Version: 1
    Release: 1
    Summary: x
    License: x
    AutoReqProv: no
    Provides: /bin/sh
    %description
    x
    %package -n hello
    Summary: x
    AutoReqProv: no
    Requires(post): /bin/sh
    %description -n hello
    x
    %install
    mkdir -p %{buildroot}/usr/bin %{buildroot}/etc %{buildroot}/var/tmp
    ln -s usr/bin %{buildroot}/bin
    cp $(command -v busybox) %{buildroot}/usr/bin/busybox
    ln -s busybox %{buildroot}/usr/bin/sh
    printf 'root:x:0:0:root:/root:/bin/sh\\n' > %{buildroot}/etc/passwd
    printf 'root:x:0:\\n' > %{buildroot}/etc/group
    printf '#!/bin/sh\\necho hello of $(/bin/busybox cat /etc/hello)\\n' > %{buildroot}/usr/bin/hello
    %post -n hello
    echo the script > /etc/hello
    %files
    /bin
    /usr/bin/busybox
    /usr/bin/sh
    /etc/passwd
    /etc/group
    %dir %attr(1777,root,root) /var/tmp
    %files -n hello
    %attr(755,root,root) /bin/hello

    """

  @Test func `packages alone are an image, which runs and which other builders make as well`() async throws {
    try await withScene { scene in
      try await scene.publish(Self.distribution)
      let folder = scene.fixture.work + "/alone"
      try Files.createDirectory(folder)
      let spec = "version: 1\nname: alone\nruntime: false\nrpm:\n  release: \"2023.1\"\n  packages: [hello]\n"
      try Files.write(spec + "command: [hello]\n", to: folder + "/image.yaml")
      let tests = """
        schemaVersion: "2.0.0"
        commandTests:
          - name: greets
            command: /bin/hello
            expectedOutput: ["hello of the script"]
        """
      try Files.write(tests, to: folder + "/tests.yaml")
      let pinned = try await scene.run("pin", "alone")
      try #require(pinned.status == 0, "\(pinned)")
      let built = try await scene.run("build", "alone", "-o", "oci:own")
      try #require(built.status == 0, "\(built)")
      #expect(built.output.contains("RPM root, 2 packages"))
      let tested = try await scene.run("test", "alone")
      #expect(tested.status == 0, "\(tested)")
      let gathered = try await scene.run("generate", "alone", "--context", "context")
      try #require(gathered.status == 0, "\(gathered)")
      #expect(Files.isFile(scene.fixture.work + "/context/rpm-root.tar"))
      let other = try await scene.fixture.run("build", "context", "-o", "oci:other")
      try #require(other.status == 0, "\(other)")
      let difference = try await scene.fixture.run(
        "diff", "oci:own", "oci:other", "--ignore", "times", "--ignore", "config", "--ignore", "layers")
      #expect(difference.status == 0, "\(difference)")
      let clean = try await scene.run("check", "alone", "--offline", "--image", "oci:own")
      #expect(!clean.output.contains("[image/"), "\(clean)")
    }
  }

  @Test func `an extra of Amazon Linux 2 is a repository that counts when its topic is named`() async throws {
    try await withScene { scene in
      let extra = (Path.parent(scene.repository) ?? "") + "/extra"
      let newer = Self.packages.replacing("Version: 2.0", with: "Version: 3.0").replacing(
        "Release: 1", with: "Release: 1.amzn2")
      _ = try await MadeUpRPM.build(newer, in: extra)
      try await MadeUpRPM.run("createrepo_c", ["-q", extra + "/RPMS"])
      func locked() throws -> JSONValue {
        try JSONValue(parsing: Files.read(scene.fixture.work + "/image/drydock.lock"))
      }
      try #require(try await scene.run("pin", "image").status == 0)
      #expect(try locked()["rpm"]?["repositories"]?.array?.map { $0["name"]?.string } == ["core"])
      #expect(try locked()["rpm"]?["packages"]?.array?.map { $0["version"]?.string } == ["2.0-1", "2.0-1"])
      let file = scene.fixture.work + "/image/image.yaml"
      let named = Self.spec.replacing("packages: [tool]", with: "extras: [topic]\n  packages: [tool]")
      try Files.write(named, to: file)
      let pinned = try await scene.run("pin", "image", "--upgrade")
      try #require(pinned.status == 0, "\(pinned)")
      let rpm = try locked()["rpm"]
      #expect(rpm?["repositories"]?.array?.map { $0["name"]?.string } == ["core", "amzn2extra-topic"])
      let index = try SHA256.digest(ofFile: extra + "/RPMS/repodata/repomd.xml").digest
      #expect(rpm?["repositories"]?.array?.last?["repomd"]?.string == index.description)
      #expect(
        rpm?["packages"]?.array?.map { $0["purl"]?.string } == [
          "pkg:rpm/amzn/liba@3.0-1.amzn2?arch=noarch", "pkg:rpm/amzn/tool@3.0-1.amzn2?arch=noarch",
        ])
      #expect(rpm?["packages"]?.array?.map { $0["repository"]?.string } == ["amzn2extra-topic", "amzn2extra-topic"])
      let built = try await scene.run("build", "image")
      #expect(built.status == 0, "\(built)")
      try Files.write(named.replacing("[topic]", with: "[tropic]"), to: file)
      let unknown = try await scene.run("pin", "image")
      #expect(unknown.status == 4 && unknown.errors.contains("'amzn2extra-tropic'"), "\(unknown)")
    }
  }
}
