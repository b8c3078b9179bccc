import Host
import JSON
import OCI
import Resolution
import TestSupport
import Testing

/// `drydock vendor` and `drydock export`, and what can be built of them.
@Suite(.serialized) struct VendorTests {
  typealias Outcome = ProgramFixture.Outcome

  static let alpha = MadeUpWheel("alpha", "1.0", padding: 40)
  static let tool = MadeUpWheel("tool", "2.0")

  /// An image's folder on a base of Glue 5.0 with one package of its own, one that Glue has, and one that only tests need.
  static func files(base registry: String, digest: String) throws -> [String: String] {
    let spec = """
      version: 1
      name: sample
      runtime: false
      base:
        image: \(registry)/glue/aws-glue-libs:5
        glue: "5.0"
      python:
        version: "3.11"
        glibc: "2.34"
        requirements: [alpha, boto3, pyspark]
      """
    func package(_ name: String, _ version: String, _ wheel: MadeUpWheel?) -> String {
      """
      {
        "dependencies": [], "direct": true, "name": "\(name)", "version": "\(version)",
        "file": {
          "name": "\(wheel?.fileName ?? "\(name)-\(version)-py3-none-any.whl")",
          "sha256": "\(wheel?.sha256 ?? String(repeating: "b", count: 64))"
        }
      }
      """
    }
    let others = registry == "none" ? [package("boto3", "1.34.131", nil), package("pyspark", "3.5.4", nil)] : []
    let lock = """
      {
        "base": {
          "digest": "\(digest)", "evidence": {"kind": "resolved"}, "reference": "\(registry)/glue/aws-glue-libs:5"
        },
        "compressor": "gzip", "date": "2024-05-01T12:00:00Z", "name": "sample", "platform": "linux/amd64",
        "python": {
          "build": [], "glibc": "2.34", "version": "3.11", "test": [\(package("tool", "2.0", tool))],
          "packages": [\(([package("alpha", "1.0", alpha)] + others).joined(separator: ","))]
        },
        "spec": "\(try Spec(parsing: spec).checksum)", "version": 1
      }
      """
    return ["image/image.yaml": spec, "image/drydock.lock": try Lock(parsing: Array(lock.utf8)).text]
  }

  private func withSources<Result>(
    _ body: (_ files: [String: String], _ index: String) async throws -> Result
  ) async throws -> Result {
    let registry = TestRegistry()
    defer { registry.stop() }
    let index = TestIndex(wheels: [Self.alpha, Self.tool]).serve()
    defer { index.stop() }
    let config = #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#
    let repository = "glue/aws-glue-libs"
    let blob = registry.add(blob: Array(config.utf8), to: repository)
    let manifest = """
      {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":\
      "application/vnd.oci.image.config.v1+json","digest":"\(blob)","size":\(config.utf8.count)},"layers":[]}
      """
    let digest = registry.add(
      manifest: Array(manifest.utf8), type: "application/vnd.oci.image.manifest.v1+json", to: repository, tag: "5")
    return try await body(try Self.files(base: registry.domain, digest: digest.description), index.origin)
  }

  private func sums(_ folder: String) async throws -> Int32 {
    try await Subprocess("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], directory: folder).run().status
  }

  @Test func `what was vendored is all that a machine without a network needs`() async throws {
    let (files, vendored) = try await withSources { files, index in
      let fixture = try ProgramFixture(files, index: index)
      let outcome = try await fixture.run("vendor", "image", "out", "--format", "json")
      #expect(outcome.status == 0, "\(outcome)")
      #expect(try JSONValue(parsing: Array(outcome.output.utf8))["kept"]?.integer == 0)
      let out = "\(fixture.work)/out"
      #expect(try Files.read("\(out)/python/\(Self.alpha.fileName)") == Self.alpha.bytes)
      #expect(try Files.list("\(out)/python").sorted() == [Self.alpha.fileName, Self.tool.fileName])
      #expect(try Files.list(out).sorted() == ["SHA256SUMS", "base", "drydock.lock", "python"])
      #expect(try await sums(out) == 0)
      // Half done and damaged, it goes on; what belongs to no pin goes away.
      try Files.remove("\(out)/SHA256SUMS")
      try Files.write("damaged", to: "\(out)/python/\(Self.alpha.fileName)")
      try Files.write("old", to: "\(out)/python/old-1.0-py3-none-any.whl")
      let again = try await fixture.run("vendor", "image", "out", "--format", "json")
      #expect(try JSONValue(parsing: Array(again.output.utf8))["kept"]?.integer == 1)
      #expect(try Files.list("\(out)/python").sorted() == [Self.alpha.fileName, Self.tool.fileName])
      #expect(try await sums(out) == 0)
      return (files, fixture)
    }
    // The index and the registry are gone, and the cache is another one.
    let fixture = try ProgramFixture(files)
    let without = try await fixture.run("generate", "image", "--context", "context")
    #expect(without.status == 3)
    let out = "\(vendored.work)/out"
    let outcome = try await fixture.run("generate", "image", "--context", "context", "--vendor", out)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try Files.read("\(fixture.work)/context/wheels/\(Self.alpha.fileName)") == Self.alpha.bytes)
  }

  @Test func `a vendored file with other content is refused`() async throws {
    let (files, vendored) = try await withSources { files, index in
      let fixture = try ProgramFixture(files, index: index)
      #expect(try await fixture.run("vendor", "image", "out").status == 0)
      return (files, fixture)
    }
    let out = "\(vendored.work)/out"
    try Files.write("other", to: "\(out)/python/\(Self.alpha.fileName)")
    let fixture = try ProgramFixture(files)
    let outcome = try await fixture.run("generate", "image", "--context", "context", "--vendor", out)
    #expect(outcome.status == 3)
    #expect(outcome.errors.contains("python/\(Self.alpha.fileName) has the digest sha256:"))
    #expect(try fixture.cachedFiles().filter { $0.hasPrefix("python/") } == [])
    try Files.remove("\(out)/python/\(Self.alpha.fileName)")
    let missing = try await fixture.run("generate", "image", "--context", "context", "--vendor", out)
    #expect(missing.status == 2)
    #expect(missing.errors.contains("lacks python/\(Self.alpha.fileName), which the lock names"))
  }

  @Test func `a folder of somebody else's is left alone`() async throws {
    let fixture = try ProgramFixture(
      try Self.files(base: "127.0.0.1:9", digest: "sha256:\(String(repeating: "0", count: 64))").merging([
        "out/mine": "x"
      ]) { $1 })
    #expect(
      try await fixture.run("vendor", "image", "out")
        == Outcome(
          2,
          errors: """
            error: DIR/work/out exists and is no vendored folder
            hint: name a new folder, or one that 'drydock vendor' wrote

            """))
    #expect(try Files.list("\(fixture.work)/out") == ["mine"])
  }

  // MARK: Glue

  private static func glueFiles() throws -> [String: String] {
    try files(base: "none", digest: "sha256:\(String(repeating: "0", count: 64))")
  }

  @Test func `Glue gets what it has not, and no Spark`() async throws {
    let fixture = try ProgramFixture(try Self.glueFiles())
    #expect(
      try await fixture.run("export", "image", "--glue")
        == Outcome(
          0, output: "--additional-python-modules alpha==1.0\n",
          errors: "note: pyspark is left out, Glue brings its own\n"))
    let newer = try await fixture.run("export", "image", "--glue", "--glue-version", "5.1", "--quiet")
    #expect(newer == Outcome(0, output: "--additional-python-modules alpha==1.0,boto3==1.34.131\n"))
  }

  @Test func `a Glue version with another Python is refused`() async throws {
    let fixture = try ProgramFixture(try Self.glueFiles())
    #expect(
      try await fixture.run("export", "image", "--glue", "--glue-version", "4.0")
        == Outcome(
          2,
          errors: """
            error: the lock is for Python 3.11, Glue 4.0 runs Python 3.10
            hint: name a Glue version with Python 3.11, or pin an image with 'python.version: "3.10"'

            """))
  }

  @Test func `the wheels come as a zip with their hashes`() async throws {
    let index = TestIndex(wheels: [Self.alpha]).serve()
    defer { index.stop() }
    let fixture = try ProgramFixture(try Self.glueFiles(), index: index.origin)
    let call = ["export", "image", "--glue", "-o", "out", "--s3", "s3://bucket/job/", "--quiet"]
    #expect(try await fixture.run(call) == Outcome(0, output: "out: 1 packages for Glue 5.0\n"))
    let bundle = "\(fixture.work)/out/sample-glue5.0.gluewheels.zip"
    #expect(
      try Files.text("\(fixture.work)/out/arguments.json") == """
        {
          "--additional-python-modules": "s3://bucket/job/sample-glue5.0.gluewheels.zip",
          "--python-modules-installer-option": "--no-index"
        }

        """)
    let program = """
      import sys, zipfile
      archive = zipfile.ZipFile(sys.argv[1])
      assert archive.testzip() is None
      print(*archive.namelist())
      archive.extractall(sys.argv[2])
      """
    let listing = try await Subprocess("python3", ["-c", program, bundle, "\(fixture.work)/unzipped"]).run()
    #expect(listing.text == "wheels/requirements.txt wheels/\(Self.alpha.fileName)\n", "\(listing.errorText)")
    let wheels = "\(fixture.work)/unzipped/wheels"
    #expect(try Files.read("\(wheels)/\(Self.alpha.fileName)") == Self.alpha.bytes)
    #expect(
      try Files.text("\(wheels)/requirements.txt").hasSuffix(
        "alpha==1.0 \\\n    --hash=sha256:\(Self.alpha.sha256)\n    # via image.yaml\n"))
    // The same pins give the same bytes.
    let first = try Files.read(bundle)
    try Files.remove("\(fixture.work)/out")
    #expect(try await fixture.run(call).status == 0)
    #expect(try Files.read(bundle) == first)
  }
}
