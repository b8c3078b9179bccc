import Host
import TestSupport
import Testing

/// Source distributions that want more than to be read.
@Suite(.serialized) struct HostileSourceTests {
  static let metadata = "Metadata-Version: 2.2\\nName: evil\\nVersion: 1.0\\nRequires-Dist: beta\\n"

  /// What is put into the archive, as calls of Python's tarfile, and whether the outcome can be used.
  static let archives: [(name: String, members: String, error: String?)] = [
    ("honest", "add('evil-1.0/PKG-INFO', info)", nil),
    ("metadata that a build might change", "add('evil-1.0/PKG-INFO', info.replace(b'2.2', b'2.1'))", nil),
    (
      "requirements beside old metadata",
      "add('evil-1.0/PKG-INFO', info.split(b'Requires')[0].replace(b'2.2', b'1.1'))"
        + "; add('evil-1.0/evil.egg-info/requires.txt', b'beta\\n')", nil
    ),
    (
      "all of it in the egg-info folder below src",
      "add('evil-1.0/src/evil.egg-info/PKG-INFO', info.split(b'Requires')[0].replace(b'2.2', b'1.1'))"
        + "; add('evil-1.0/src/evil.egg-info/requires.txt', b'beta\\n')", nil
    ),
    (
      "hundreds of egg-info folders", "[add(f'evil-1.0/e{n}.egg-info/PKG-INFO', info) for n in range(200)]",
      "descriptions of itself"
    ),
    ("a path that leads out", "add('../outside', b'x'); add('evil-1.0/PKG-INFO', info)", "'../outside'"),
    ("an absolute path", "add('/tmp/drydock-outside', b'x'); add('evil-1.0/PKG-INFO', info)", "/tmp/drydock-outside"),
    ("a link in place of the metadata", "link('evil-1.0/PKG-INFO', '/etc/passwd')", "a source can only be built"),
    ("ten gigabytes of metadata", "huge('evil-1.0/PKG-INFO')", ""),
    ("ten gigabytes before the metadata", "huge('evil-1.0/a')", ""),
    (
      "metadata of another project", "add('evil-1.0/PKG-INFO', info.replace(b'evil', b'good'))",
      "a source can only be built"
    ),
    ("no archive at all", "", "is damaged"),
  ]

  @Test(arguments: archives) func `a hostile source is refused and leaves nothing`(
    _ name: String, _ members: String, _ error: String?
  ) async throws {
    let folder = try TemporaryDirectory()
    defer { folder.remove() }
    let path = "\(folder.path)/evil-1.0.tar.gz"
    let script = """
      import gzip, io, sys, tarfile
      info = b'\(Self.metadata)'
      raw = io.BytesIO()
      tar = tarfile.open(fileobj=raw, mode='w')
      def add(name, data):
          item = tarfile.TarInfo(name); item.size = len(data); tar.addfile(item, io.BytesIO(data))
      def link(name, target):
          item = tarfile.TarInfo(name); item.type = tarfile.SYMTYPE; item.linkname = target; tar.addfile(item)
      def huge(name):
          item = tarfile.TarInfo(name); item.size = 10 << 30
          raw.write(item.tobuf() + b'\\0' * 4096)
      \(members)
      if \(members.contains("huge") ? "False" : "True"): tar.close()
      with open(sys.argv[1], 'wb') as file: file.write(gzip.compress(raw.getvalue()) if \(members.isEmpty ? "False" : "True") else b'nothing')
      """
    let made = try await Subprocess("/usr/bin/python3", ["-c", script, path]).run()
    try #require(made.status == 0, "\(made.errorText)")
    let archive = try Files.read(path)
    let server = TestIndex(
      wheels: [MadeUpWheel("beta", "1.0")],
      override: { $0.target == "/evil-1.0.tar.gz" ? HTTPTestServer.Answer(body: archive) : nil }
    ).serve()
    defer { server.stop() }
    let fixture = try ProgramFixture(["list.in": "evil @ \(server.origin)/evil-1.0.tar.gz\n"], index: server.origin)
    let outcome = try await fixture.run("pin", "list.in", "--python", "3.11", "-o", "out.txt")
    guard let error else {
      #expect(outcome.status == 0, "\(outcome)")
      #expect(try Files.text("\(fixture.work)/out.txt").contains("beta==1.0"))
      return
    }
    #expect([2, 3].contains(outcome.status), "\(outcome)")
    #expect(outcome.errors.contains(error), "\(outcome)")
    #expect(!Files.exists("\(fixture.work)/out.txt"))
    #expect(!Files.exists("/tmp/drydock-outside"))
    // What can be read but does not say enough may stay: a build could want it.
    if !error.contains("can only be built") {
      #expect(try fixture.cachedFiles().filter { $0.contains("evil") || $0.hasSuffix(".part") } == [])
    }
  }
}
