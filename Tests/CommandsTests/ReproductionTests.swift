import Glibc
import Host
import JSON
import OCI
import TestSupport
import Testing

/// `drydock build --reproduce` and `--provenance`: two builds apart, and what the image was made of.
struct ReproductionTests {
  private static let start = "FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n"

  /// A context with a program in it.
  private func fixture(_ dockerfile: String, _ files: [String: String] = [:]) async throws -> ProgramFixture {
    var files = files
    files["app/Dockerfile"] = Self.start + dockerfile
    let fixture = try ProgramFixture(files)
    let busybox = try #require(Environment.program("busybox"))
    try #require(try await Subprocess("cp", [busybox, fixture.work + "/app/busybox"]).run().status == 0)
    return fixture
  }

  /// What must not make a difference: a step, with the files that it needs.
  static let reproducible: [(name: String, dockerfile: String)] = [
    ("times and order", "COPY d /d\nRUN busybox mkdir -p /x && busybox cp -R /d /x && busybox touch /x/new\n"),
    (
      "modes and umask",
      "RUN busybox mkdir /m && busybox touch /m/f && umask 027 && busybox touch /m/g\nWORKDIR /w/deep\n"
    ),
    ("what commands leave", "RUN busybox mkdir -p /var/log && busybox date > /var/log/x\n"),
    ("links", "COPY d/link d/b /l/\nRUN busybox ln /l/b /l/c && busybox ln -s b /l/s\n"),
    ("stages", "FROM scratch AS other\nCOPY d/a /a\nFROM scratch\nCOPY --from=other /a /a\nCOPY --chown=5:6 d /d\n"),
    ("cache mounts", "RUN --mount=type=cache,target=/c busybox sh -c 'busybox touch /c/x; busybox ls /c > /ls'\n"),
  ]

  @Test(arguments: reproducible.indices) func `a Dockerfile's image is the same in two builds apart`(
    _ number: Int
  ) async throws {
    let fixture = try await fixture(
      Self.reproducible[number].dockerfile, ["app/d/a": "1", "app/d/b": "2", "app/d/z/c": "3"])
    try Files.link(fixture.work + "/app/d/link", to: "b")
    try Files.changeMode(fixture.work + "/app/d/a", 0o640)
    let outcome = try await fixture.run("build", "app", "--reproduce")
    #expect(outcome.status == 0, "\(Self.reproducible[number].name): \(outcome)")
    #expect(outcome.output.hasSuffix("built twice, the same to the byte\n"))
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func `an interrupt of the first build ends the second`(
    _ signal: Int32
  ) async throws {
    let fixture = try await fixture("RUN busybox sleep 3 && busybox touch /slept\n")
    let work = fixture.cache + "/work"
    let outcome = try await fixture.runKilled(["build", "app", "--reproduce"], by: signal) {
      ((try? Files.list(work)) ?? []).contains { name in
        (try? Files.list("\(work)/\(name)/another place/cache/work"))?.isEmpty == false
      }
    }
    #expect(outcome == .init(128 + signal))
    let left = try await Subprocess("pgrep", ["-f", "-a", "\(work)/.*/another place"]).run()
    #expect(left.status == 1 && left.text.isEmpty, "\(left.text)")
    #expect(try fixture.mounts() == [])
    #expect(try Files.list(fixture.cache + "/work") == [])
    #expect(try Files.list(fixture.temporary) == [])
  }

  /// A step that makes another file each time, and how that is told.
  static let different: [(step: String, told: String)] = [
    (
      "RUN busybox date > /now",
      #"~ /now .*byte \d+ ".*:\d\d UTC \d+\\n" → ".*", made by 'RUN .*busybox date > /now"#
    ),
    (
      "RUN echo $(busybox head -c 8 /dev/urandom | busybox od -x) > /r",
      #"~ /r .*content [0-9a-f]{12} → [0-9a-f]{12}, byte \d+ "#
    ),
    ("RUN busybox mkdir /t-$(busybox date +%s)", #"- /t-\d+  \(kind directory, made by 'RUN"#),
    (
      "RUN for f in a b c d e; do busybox touch /$f; busybox chmod 7$((RANDOM % 8))$((RANDOM % 8)) /$f; done",
      #"~ /[a-e]  \(mode 7\d\d → 7\d\d, made by"#
    ),
  ]

  /// Users of whom root is another one, and whether there are others then.
  static let users: [(means: OrdinaryUser.Means?, hasOthers: Bool)] = [
    (nil, true), (.subordinates, true), (.alone, false),
  ]

  @Test(arguments: users) func `the second build is among other users, where there are any`(
    _ means: OrdinaryUser.Means?, _ hasOthers: Bool
  ) async throws {
    let fixture = try await fixture(
      "COPY --chown=5:6 d /d\nUSER 0\n" + (hasOthers ? "RUN busybox chown -R 1000:33 /d && busybox touch /d/x\n" : ""),
      ["app/d/a": "1"])
    try Files.changeMode(fixture.work + "/app/d/a", 0o600)
    let outcome = try await fixture.run(["build", "app", "--reproduce", "--quiet"], as: means)
    #expect(outcome.status == 0, "\(outcome)")
    let ending = hasOthers ? "" : " (both by the same users, as others can't be had here)"
    #expect(outcome.output.hasSuffix("built twice, the same to the byte\(ending)\n"))
    #expect(try Files.list(fixture.cache + "/work").isEmpty)
    guard hasOthers else { return }
    try Files.write(Self.start + "RUN busybox cat /proc/self/uid_map > /m\n", to: fixture.work + "/app/Dockerfile")
    let different = try await fixture.run(["build", "app", "--reproduce", "--quiet", "--format", "json"], as: means)
    #expect(different.status == 1)
    let report = try JSONValue(parsing: different.output)["reproduced"]
    #expect(report?["otherUsers"]?.bool == true)
    #expect(report?["files"]?.array?.map { $0["name"]?.string } == ["/m"], "\(different)")
  }

  @Test func `the second build takes stages in another order, one by one`() async throws {
    func stage(_ name: String, _ wait: String) -> String {
      """
      FROM base AS \(name)
      RUN --mount=type=cache,target=/c busybox sleep \(wait) && echo \(name) >> /c/l && busybox cp /c/l /\(name)

      """
    }
    let fixture = try await fixture(stage("first", "0") + stage("second", "0.5"))
    let text = try Files.text(fixture.work + "/app/Dockerfile").replacing("FROM scratch", with: "FROM scratch AS base")
    try Files.write(
      text + "FROM scratch\nCOPY --from=first /first /\nCOPY --from=second /second /\n",
      to: fixture.work + "/app/Dockerfile")
    let outcome = try await fixture.run("build", "app", "--reproduce", "--quiet")
    #expect(outcome.status == 1)
    #expect(outcome.output.contains(#"~ /second  (size 13 → 7, "#), "\(outcome)")
    #expect(outcome.output.contains("made by 'COPY /second /"))
  }

  @Test(arguments: different.indices) func `a step that differs each time is found and named`(
    _ number: Int
  ) async throws {
    let (step, told) = Self.different[number]
    let fixture = try await fixture(step + "\n")
    let outcome = try await fixture.run("build", "app", "--reproduce")
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("built twice, not the same: the second is sha256:"))
    #expect(outcome.output.contains(try Regex(told)), "\(outcome)")
    let json = try await fixture.run("build", "app", "--reproduce", "--format", "json")
    #expect(json.status == 1)
    let report = try JSONValue(parsing: Array(json.output.utf8))["reproduced"]
    #expect(report?["same"]?.bool == false)
    #expect(report?["first"]?.string != report?["second"]?.string)
    // Nothing of the second build is left.
    #expect(try Files.list(fixture.cache + "/work").isEmpty)
  }

  @Test func `both builds take the same arguments, secrets and target`() async throws {
    let fixture = try await fixture(
      """
      ARG V
      RUN --mount=type=secret,id=t echo "$V $(busybox wc -c < /run/secrets/t)" > /v
      FROM scratch AS last
      RUN nothing
      """ + "\n", ["token": "s3cr3t"])
    let named = Self.start.replacing("FROM scratch", with: "FROM scratch AS one")
    let text = try Files.text(fixture.work + "/app/Dockerfile").replacing(Self.start, with: named)
    try Files.write(text, to: fixture.work + "/app/Dockerfile")
    let outcome = try await fixture.run(
      "build", "app", "--reproduce", "--build-arg", "V=a value", "--secret", "id=t,src=token", "--target", "one", "-o",
      "root", "--label", "l=m")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try Files.text(fixture.work + "/root/v") == "a value 6\n")
  }

  @Test func `a statement names what was taken, and no value, path or time`() async throws {
    let server = HTTPTestServer { _ in .text("remote") }
    defer { server.stop() }
    let fixture = try await fixture(
      "ARG PASSWORD\nADD http://user:pw@HOST/f?token=t0ken /f\nCOPY --from=base /b /b\nRUN echo 1 > /x\n"
        .replacing("HOST", with: server.origin.dropFirst(7)),
      ["base/Dockerfile": "FROM scratch\nCOPY b /b\n", "base/b": "b", "app/seen": "1"])
    try #require(try await fixture.run("build", "base", "-o", "oci:base.oci").status == 0)
    func statement() async throws -> (JSONValue, text: String) {
      let built = try await fixture.run(
        "build", "app", "--provenance", "p.json", "--build-arg", "PASSWORD=hunter2", "--build-context",
        "base=oci-layout://base.oci", "-t", "example.com/app:1")
      try #require(built.status == 0, "\(built)")
      let text = try Files.text(fixture.work + "/p.json")
      return (try JSONValue(parsing: Array(text.utf8)), text)
    }
    let (first, text) = try await statement()
    #expect(first["_type"]?.string == "https://in-toto.io/Statement/v1")
    #expect(first["predicateType"]?.string == "https://slsa.dev/provenance/v1")
    #expect(first["subject"]?.array?.first?["name"]?.string == "example.com/app:1")
    let definition = try #require(first["predicate"]?["buildDefinition"])
    #expect(definition["externalParameters"]?["arguments"]?.array?.compactMap(\.string) == ["PASSWORD"])
    let taken = definition["resolvedDependencies"]?.array ?? []
    #expect(taken.compactMap { $0["name"]?.string } == ["Dockerfile", "context"])
    #expect(taken.count == 4)
    let remote = taken.first { $0["uri"] != nil }
    #expect(remote?["uri"]?.string == "\(server.origin)/f")
    #expect(taken.allSatisfy { $0["digest"]?["sha256"]?.string?.utf8.count == 64 })
    for secret in ["hunter2", "pw@", "t0ken", fixture.work, "base.oci"] { #expect(!text.contains(secret), "\(secret)") }
    #expect(try await statement().text == text)
    try Files.write("2", to: fixture.work + "/app/seen")
    #expect(try await statement().text != text)
  }
}
