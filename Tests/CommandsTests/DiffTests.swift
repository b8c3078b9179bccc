import Host
import Images
import JSON
import OCI
import TestSupport
import Testing

/// `drydock diff` as its users call it: whole outputs, every form of a subject, and what hostile images do.
struct DiffTests {
  /// Builds a folder's Dockerfile into a layout.
  private func build(_ fixture: ProgramFixture, _ folder: String, _ destination: String) async throws {
    let outcome = try await fixture.run("build", folder, "-o", destination, "--quiet")
    try #require(outcome.status == 0, "\(outcome)")
  }

  private func fixture() async throws -> ProgramFixture {
    let fixture = try ProgramFixture([
      "old/Dockerfile": "FROM scratch\nCOPY base /\nENV A=1\nCOPY f g /\n", "old/base": "base", "old/f": "made at 27",
      "old/g": "gone", "new/Dockerfile": "FROM scratch\nCOPY base /\nENV A=2\nCOPY f h /\n", "new/base": "base",
      "new/f": "made at 41", "new/h": "here\n",
    ])
    try await build(fixture, "old", "oci:old.oci")
    try await build(fixture, "new", "oci:new.oci")
    return fixture
  }

  @Test func `everything that differs is told, by file, setting and layer`() async throws {
    let fixture = try await fixture()
    let found = try await fixture.run("diff", "oci:old.oci", "oci:new.oci", "--explain")
    #expect(found.status == 1)
    #expect(found.errors == "")
    let digests = /[0-9a-f]{12}/
    #expect(
      found.output.replacing(digests, with: "DIGEST").replacing(/size \d+ → \d+/, with: "size N → N") == """
        config: 3
          ~ env A  (value 1 → 2)
          ~ history 2  (value ENV A=1 → ENV A=2)
          ~ history 3  (value COPY f g / # buildkit → COPY f h / # buildkit)
        files: 3
          ~ /f  (content DIGEST → DIGEST, byte 8 "made at 27" → "made at 41", made by 'COPY f h / # buildkit')
          - /g  (kind file of 4 bytes, made by 'COPY f g / # buildkit')
          + /h  (kind file of 5 bytes, made by 'COPY f h / # buildkit')
        layers: 1
          ~ 2  (archive DIGEST → DIGEST, blob DIGEST → DIGEST, size N → N)

        """)
    let same = try await fixture.run("diff", "oci:old.oci", "oci:old.oci")
    #expect(same == ProgramFixture.Outcome(0, output: "no difference\n"))
    let ignored = try await fixture.run(
      "diff", "oci:old.oci", "oci:new.oci", "--ignore", "config", "--ignore", "layers", "--ignore", "/[fgh]")
    #expect(ignored == ProgramFixture.Outcome(0, output: "no difference\n"))
  }

  @Test func `JSON has every section, and a page escapes what it shows`() async throws {
    let fixture = try await fixture()
    let json = try JSONValue(
      parsing: Array(try await fixture.run("diff", "oci:old.oci", "oci:new.oci", "--format", "json").output.utf8))
    #expect(json["same"]?.bool == false)
    #expect(json["files"]?.array?.compactMap { $0["name"]?.string } == ["/f", "/g", "/h"])
    #expect(json["files"]?.array?.first?["details"]?.array?.first?["aspect"]?.string == "content")
    #expect(json["packages"]?.array?.isEmpty == true)
    try Files.write("x", to: fixture.work + "/new/<b>\u{1B}[31m\u{202E}")
    try Files.write("FROM scratch\nCOPY base /\nCOPY * /\n", to: fixture.work + "/new/Dockerfile")
    try await build(fixture, "new", "oci:evil.oci")
    let page = try await fixture.run("diff", "oci:old.oci", "oci:evil.oci", "--format", "html")
    #expect(page.status == 1)
    #expect(page.output.contains("<code>/&lt;b&gt;\u{FFFD}[31m"))
    #expect(!page.output.contains("<b>"))
    let text = try await fixture.run("diff", "oci:old.oci", "oci:evil.oci")
    #expect(text.output.contains(#"  + /<b>\u{1b}[31m\u{202e}  (kind"#))
    #expect(!text.output.contains("\u{1B}"))
  }

  @Test func `images of archives, layouts, registries and folders are compared with each other`() async throws {
    let fixture = try await fixture()
    let directory = try TemporaryDirectory()
    let registry = try await DockerRegistry(in: directory.path)
    defer { registry.stop() }
    let pushed = try await fixture.run("copy", "oci:old.oci", "docker://\(registry.domain)/team/image:1")
    try #require(pushed.status == 0, "\(pushed)")
    for form in ["oci-archive:old.tar", "docker-archive:old.docker:old:1", "dir:old.dir"] {
      let copied = try await fixture.run("copy", "oci:old.oci", form)
      try #require(copied.status == 0, "\(copied)")
      let layers = form.hasPrefix("docker-archive") ? ["--ignore", "layers"] : []
      let outcome = try await fixture.run(["diff", "docker://\(registry.domain)/team/image:1", form] + layers)
      #expect(outcome == ProgramFixture.Outcome(0, output: "no difference\n"), "\(form)")
      #expect(try await fixture.run(["diff", form, "oci:new.oci"]).status == 1, "\(form)")
    }
  }

  @Test func `a layout that lacks a blob is wrong input, and a damaged store is this machine's fault`() async throws {
    let fixture = try await fixture()
    let manifest = try OCILayout(at: fixture.work + "/old.oci").image()
    let layer = try #require(manifest.layers.first).descriptor.digest
    try Files.remove("\(fixture.work)/old.oci/blobs/sha256/\(layer.hex)")
    for words in [["copy", "oci:old.oci", "oci:copied:1"], ["copy", "oci:old.oci", "dir:copied"]] {
      let copied = try await fixture.run(words)
      #expect(copied.status == 2, "\(copied)")
      #expect(copied.errors.contains("old.oci/blobs/sha256 has no blob \(layer)"), "\(copied)")
      // Nothing is written of what can't be whole.
      #expect(!Files.exists(fixture.work + "/copied"))
    }
    let compared = try await fixture.run(
      ["diff", "oci:old.oci", "oci:new.oci"], under: ["env", "DRYDOCK_CACHE=\(fixture.work)/other"])
    #expect(compared.status == 2, "\(compared)")
    let blob = "\(fixture.cache)/store/blobs/sha256/\(layer.hex)"
    let named = try await fixture.run("build", "old", "--quiet", "-t", "example.com/old:1")
    try #require(named.status == 0, "\(named)")
    try Files.write(Array("short".utf8), to: blob)
    let kept = try await fixture.run("copy", "docker://example.com/old:1", "oci:kept:1", "--offline")
    #expect(kept.status == 4, "\(kept)")
    #expect(!Files.exists(fixture.work + "/kept"))
  }

  /// A wrong call, and how it is answered.
  static let calls: [(words: String, status: Int32, errors: String)] = [
    (
      "oci:old.oci oci:old.oci --ignore colours", 2,
      "error: --ignore: 'colours' is nothing to ignore: expected files, times, owners, modes, packages, config, "
        + "layers or a glob of absolute paths\n"
    ),
    (
      "oci:nowhere oci:old.oci", 2,
      "error: nowhere is no image: an OCI layout has the files oci-layout and index.json\n"
    ),
    ("oci-archive:nowhere oci:old.oci", 2, "error: cannot open nowhere: No such file or directory\n"),
    ("oci:old.oci nowhere", 2, "error: nowhere does not exist\nhint: give a folder that holds an image.yaml\n"),
  ]

  @Test func `wrong calls are answered with what is wrong`() async throws {
    let fixture = try await fixture()
    for call in Self.calls {
      let outcome = try await fixture.run(["diff"] + call.words.split(separator: " ").map(String.init))
      #expect(outcome.status == call.status, "\(call.words)")
      #expect(outcome.errors == call.errors, "\(call.words)")
    }
  }

  @Test func `a layer that unpacks to far more than an image holds is refused`() async throws {
    let fixture = try await fixture()
    // A header that announces an exabyte: nothing of it is ever written or kept.
    var header = [UInt8](repeating: 0, count: 512)
    header.replaceSubrange(0..<3, with: Array("big".utf8))
    header.replaceSubrange(100..<108, with: Array("0000644\0".utf8))
    header.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0x0F, 0, 0, 0, 0, 0, 0, 0])
    header.replaceSubrange(156..<157, with: Array("0".utf8))
    header.replaceSubrange(257..<265, with: Array("ustar\u{0}00".utf8))
    header.replaceSubrange(148..<156, with: Array("        ".utf8))
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    header.replaceSubrange(
      148..<156, with: Array((String(repeating: "0", count: 6 - sum.count) + sum + "\0 ").utf8))
    try Files.write(header, to: fixture.work + "/layer.tar")
    let layout = try await Subprocess(
      "python3", ["-c", Self.layoutScript, fixture.work + "/layer.tar", fixture.work + "/evil"]
    ).run()
    try #require(layout.status == 0, "\(layout.errorText)")
    let refused = try await fixture.run("diff", "oci:old.oci", "oci:evil")
    #expect(refused.status == 2)
    #expect(refused.errors.contains("exceeds the limit"), "\(refused)")
  }

  /// Makes an OCI layout of one uncompressed layer.
  private static let layoutScript = """
    import hashlib, json, os, sys
    layer, out = open(sys.argv[1], 'rb').read(), sys.argv[2]
    os.makedirs(out + '/blobs/sha256')
    def add(data):
        digest = hashlib.sha256(data).hexdigest()
        open(out + '/blobs/sha256/' + digest, 'wb').write(data)
        return {'digest': 'sha256:' + digest, 'size': len(data)}
    blob = add(layer)
    config = add(json.dumps({'os': 'linux', 'architecture': 'amd64', 'config': {}, 'history': [],
        'rootfs': {'type': 'layers', 'diff_ids': [blob['digest']]}}).encode())
    manifest = add(json.dumps({'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json',
        'config': dict(config, mediaType='application/vnd.oci.image.config.v1+json'),
        'layers': [dict(blob, mediaType='application/vnd.oci.image.layer.v1.tar')]}).encode())
    open(out + '/oci-layout', 'w').write('{"imageLayoutVersion":"1.0.0"}')
    json.dump({'schemaVersion': 2, 'manifests': [
        dict(manifest, mediaType='application/vnd.oci.image.manifest.v1+json')]}, open(out + '/index.json', 'w'))
    """
}
