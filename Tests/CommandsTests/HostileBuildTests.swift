import Host
import TestSupport
import Testing

/// Contexts, archives and layers that want to get out of the folder in which they are unpacked, by root and by an ordinary
/// user.
@Suite(.serialized) struct HostileBuildTests {
  /// One attempt: what is prepared beside the context by Python, what is built, and how that ends.
  struct Attempt: Sendable, CustomStringConvertible {
    let description: String
    /// Statements that make files; `tar(name, members…)` writes an archive, `layer(members…)` an image `oci:base`.
    let files: String
    let dockerfile: String
    /// What the error says; nil for a build that has to succeed, with everything inside of the image.
    let error: String?

    init(_ description: String, _ files: String, _ dockerfile: String, error: String? = nil) {
      self.description = description
      self.files = files
      self.dockerfile = dockerfile
      self.error = error
    }
  }

  private static let scratch = "FROM scratch\n"
  private static let shell = "FROM scratch\nCOPY busybox /bin/busybox\nSHELL [\"/bin/busybox\", \"sh\", \"-c\"]\n"
  private static let base =
    "FROM base\nCOPY busybox /bin/busybox\nSHELL [\"/bin/busybox\", \"sh\", \"-c\"]\nRUN busybox true\n"
  private static let out = "'../' * 40 + OUTSIDE[1:]"

  static let attempts: [Attempt] = [
    // COPY and ADD
    .init("COPY by ..", "", scratch + "COPY ../outside/secret /s\n", error: "\"/outside/secret\": not found"),
    .init("COPY by an absolute path", "", scratch + "COPY OUTSIDE/secret /s\n", error: "not found"),
    .init(
      "COPY through a link to a folder", "os.symlink(OUTSIDE, 'app/l')", scratch + "COPY l/secret /s\n",
      error: "not found"),
    .init(
      "COPY of a link to a file", "os.symlink(OUTSIDE + '/secret', 'app/l')", scratch + "COPY l /s\n",
      error: "not found"),
    .init("COPY to ..", "", scratch + "WORKDIR /a\nCOPY f ../../../../../..OUTSIDE/made\n"),
    .init(
      "COPY onto a link of the context", "os.symlink(OUTSIDE, 'app/d')", scratch + "COPY d /d\nCOPY f /d/made\n",
      error: "not found"),
    .init(
      "COPY onto a link in a folder", "os.mkdir('app/d'); os.symlink(OUTSIDE, 'app/d/l')",
      scratch + "COPY d /d\nCOPY f /d/l/made\n"),
    .init(
      "COPY onto a link that RUN made", "", shell + "RUN busybox ln -s OUTSIDE /l\nCOPY f /l/made\nRUN busybox true\n"),
    .init(
      "COPY --from a stage by ..", "", scratch + "FROM scratch\nCOPY --from=0 ../../../../../../OUTSIDE/secret /s\n",
      error: "not found"),
    .init(
      "COPY --from a stage through its link", "",
      shell + "RUN busybox ln -s OUTSIDE /l\nFROM scratch\nCOPY --from=0 /l/secret /s\n", error: "not found"),
    .init("WORKDIR through a link", "", shell + "RUN busybox ln -s OUTSIDE /l\nWORKDIR /l/made\nRUN busybox touch x\n"),
    .init(
      "RUN on a bound folder by ..", "",
      shell + "RUN --mount=type=bind,source=../outside,target=/m busybox cat /m/secret\n",
      error: "not found"),
    .init(
      "RUN with a mount on a link", "",
      shell + "RUN busybox ln -s OUTSIDE /l\nRUN --mount=type=tmpfs,target=/l/made busybox touch /l/made/x\n"),
    .init(
      "RUN that leaves a link as its root's folder", "",
      shell + "RUN busybox rm -r /tmp; busybox ln -s OUTSIDE /tmp\nRUN echo x > /tmp/made || true\n"),
    // Archives
    .init("an archive with ..", "tar('a.tar', file(\(out) + '/made'))", scratch + "ADD a.tar /\n", error: ".."),
    .init("an archive with an absolute path", "tar('a.tar', file(OUTSIDE + '/made'))", scratch + "ADD a.tar /\n"),
    // As with Docker, links in an archive are followed within the folder that it goes to.
    .init(
      "an archive with a link and a file behind it", "tar('a.tar', link('l', OUTSIDE), file('l/made'))",
      scratch + "ADD a.tar /\n"),
    .init(
      "an archive with a climbing link and a file behind it",
      "tar('a.tar', link('l', '../../../../..' + OUTSIDE), file('l/made'))", scratch + "ADD a.tar /x/\n"),
    .init(
      "an archive with a loop of links", "tar('a.tar', link('l', 'm'), link('m', 'l'), file('l/made'))",
      scratch + "ADD a.tar /\n", error: "too many levels"),
    .init(
      "an archive with a hard link out", "tar('a.tar', hard('h', OUTSIDE + '/secret'))", scratch + "ADD a.tar /\n",
      error: "which is no file of the layer"),
    .init(
      "an archive with a device", "tar('a.tar', device('d'))", shell + "ADD a.tar /\nRUN busybox true\n",
      error: "is a device"),
    .init("an archive with a file of 20 GB", "tar('a.tar', huge('h'))", scratch + "ADD a.tar /\n", error: "entry size"),
    .init(
      "an archive with a path of 5000 folders", "tar('a.tar', file('d/' * 5000 + 'f'))", scratch + "ADD a.tar /\n",
      error: "path length"),
    .init("an archive with a whiteout", "tar('a.tar', file('.wh.bin'))", scratch + "ADD a.tar /\n", error: ".wh.bin"),
    // Layers
    .init("a layer with ..", "layer(file(\(out) + '/made'))", base, error: ".."),
    .init("a layer with an absolute path", "layer(file(OUTSIDE + '/made'))", base, error: "lies outside"),
    .init("a layer with a link and a file behind it", "layer(link('l', OUTSIDE), file('l/made'))", base, error: "/l"),
    .init("a layer with a hard link out", "layer(hard('h', OUTSIDE + '/secret'))", base, error: ""),
    .init("a layer with a whiteout of what is above", "layer(file('a/.wh...'))", base, error: ""),
    .init("a layer that deletes behind a link", "layer(link('l', OUTSIDE), file('l/.wh.secret'))", base),
    .init("a layer with a disk", "layer(device('d'))", base, error: "is a device"),
    .init("a layer with a file of 20 GB", "layer(huge('h'))", base, error: "entry size"),
    .init("a layer with a path of 5000 folders", "layer(file('d/' * 5000 + 'f'))", base, error: "path length"),
  ]

  private static let script = """
    import gzip, hashlib, io, json, os, sys, tarfile
    OUTSIDE = sys.argv[1]
    def item(name, kind, target=''):
        member = tarfile.TarInfo(name); member.type = kind; member.linkname = target; return member
    def file(name):
        member = item(name, tarfile.REGTYPE); member.size = 4; return member
    def link(name, target): return item(name, tarfile.SYMTYPE, target)
    def hard(name, target): return item(name, tarfile.LNKTYPE, target)
    def device(name):
        member = item(name, tarfile.BLKTYPE); member.devmajor = 254; return member
    def huge(name):
        member = item(name, tarfile.REGTYPE); member.size = 20 << 30; return member
    def archive(members):
        raw = io.BytesIO()
        for member in members:
            # Not by tarfile's own writer, which makes names harmless.
            raw.write(member.tobuf(tarfile.PAX_FORMAT))
            if member.size: raw.write(b'evil'.ljust(512, b'\\0'))
        return raw.getvalue() + b'\\0' * 1024
    def tar(name, *members): open('app/' + name, 'wb').write(archive(members))
    def layer(*members):
        os.makedirs('base/blobs/sha256')
        def blob(data):
            digest = hashlib.sha256(data).hexdigest()
            open('base/blobs/sha256/' + digest, 'wb').write(data)
            return {'digest': 'sha256:' + digest, 'size': len(data)}
        def text(value): return json.dumps(value).encode()
        plain = archive(members)
        content = blob(gzip.compress(plain)) | {'mediaType': 'application/vnd.oci.image.layer.v1.tar+gzip'}
        config = blob(text({'architecture': 'amd64', 'os': 'linux', 'config': {}, 'rootfs': {
            'type': 'layers', 'diff_ids': ['sha256:' + hashlib.sha256(plain).hexdigest()]}}))
        config['mediaType'] = 'application/vnd.oci.image.config.v1+json'
        kind = 'application/vnd.oci.image.manifest.v1+json'
        manifest = blob(text({'schemaVersion': 2, 'mediaType': kind, 'config': config, 'layers': [content]}))
        manifest |= {'mediaType': kind, 'annotations': {'org.opencontainers.image.ref.name': 'latest'}}
        open('base/index.json', 'wb').write(text({'schemaVersion': 2, 'manifests': [manifest]}))
        open('base/oci-layout', 'w').write('{"imageLayoutVersion": "1.0.0"}')
    exec(sys.argv[2])
    """

  @Test(arguments: attempts) func `nothing is read or written outside`(_ attempt: Attempt) async throws {
    try await build(attempt, as: nil)
  }

  @Test(arguments: attempts.filter { $0.dockerfile.contains("RUN ") })
  func `nor by an ordinary user's commands`(_ attempt: Attempt) async throws {
    try await build(attempt, as: .subordinates)
  }

  private func build(_ attempt: Attempt, as means: OrdinaryUser.Means?) async throws {
    let fixture = try ProgramFixture(["app/f": "evil", "outside/secret": "classified\n"])
    let outside = fixture.work + "/outside"
    try Files.write(
      attempt.dockerfile.replacing("OUTSIDE", with: outside), to: fixture.work + "/app/Dockerfile")
    let busybox = try #require(Environment.program("busybox"))
    let prepared = try await Subprocess(
      "sh",
      ["-e", "-c", "cp \(busybox) app/busybox; exec python3 -c \"$@\"", "sh", Self.script, outside, attempt.files],
      directory: fixture.work
    ).run()
    try #require(prepared.status == 0, "\(prepared.errorText)")
    let base = attempt.dockerfile.hasPrefix("FROM base") ? ["--build-context", "base=oci-layout://base:latest"] : []
    let outcome = try await fixture.run(["build", "app", "--quiet", "-o", "root"] + base, as: means)
    if let error = attempt.error {
      #expect([2, 3, 4].contains(outcome.status), "\(outcome)")
      #expect(outcome.errors.contains(error), "\(outcome)")
      #expect(!Files.exists(fixture.work + "/root"))
    } else {
      #expect(outcome.status == 0, "\(outcome)")
    }
    #expect(try Files.list(outside) == ["secret"])
    #expect(try Files.text(outside + "/secret") == "classified\n")
    let leaked = try await Subprocess("grep", ["-rlF", "classified", fixture.cache, fixture.work + "/root"]).run()
    #expect(leaked.text == "")
    #expect(try Files.list(fixture.cache + "/work") == [])
  }
}
