import Building
import HTTP
import Host
import Layers
import OCI
import Packages
import Sandbox
import TestSupport
import Testing

/// Real packages from this machine's mirror, configured in the sandbox.
@Suite(.serialized) struct DebianRootTests {
  private static let stage = BuiltProgram.path("sandbox-stage")

  private static func locked(_ requests: [String], cache: String) async throws -> (DebianArchive, [DebianPin], Int) {
    let configuration = try AptConfiguration()
    let client = HTTPClient(
      configuration: configuration.httpConfiguration(over: HTTPConfiguration(environment: Environment.all)))
    let archive = DebianArchive(configuration: configuration, client: client, cache: cache, now: Clock.now)
    let universe = try await archive.universe(
      suites: DebianArchive.suites(ofRelease: "bookworm"), architecture: "amd64")
    return (archive, try DebianResolver(universe).resolve(requests), universe.date)
  }

  private static func output(_ arguments: [String], in root: String) async throws -> String {
    let plan = SandboxPlan(root: .directory(root), command: SandboxCommand(arguments))
    let result = try await Sandbox.run(plan, stage: stage)
    #expect(result.status.isSuccess, "\(arguments): \(result.errorText)")
    return result.text
  }

  @Test func `two roots made apart are one layer, and dpkg finds them sound`() async throws {
    let temporary = try TemporaryDirectory()
    defer { temporary.remove() }
    let (archive, pins, epoch) = try await Self.locked(
      ["ca-certificates", "python3-minimal", "tini"], cache: "\(temporary.path)/cache")
    let builder = DebianRootBuilder(pins: pins, epoch: epoch)
    var entries: [[TarEntry]] = []
    var layers: [WrittenLayer] = []
    var root = ""
    for folder in ["one", "another/place"] {
      let workspace = "\(temporary.path)/\(folder)"
      root = try await builder.build(from: archive, in: workspace, stage: Self.stage)
      let tree = try TreeScanner.scan(root)
      entries.append(tree.nodes.map(\.entry))
      layers.append(try await LayerWriter.write(tree, to: "\(workspace)/layer", epoch: epoch))
      #expect(try Files.list(workspace) == ["layer", builder.key.hex].sorted())
    }
    #expect(entries[0] == entries[1])
    #expect(layers[0] == layers[1])
    #expect(try await builder.build(from: archive, in: Path.parent(root)!, stage: "/nowhere") == root)

    #expect(try await Self.output(["dpkg", "--verify"], in: root) == "")
    #expect(
      try await Self.output(["dpkg-query", "-Wf", "${db:Status-Status}\n"], in: root)
        == String(repeating: "installed\n", count: pins.count))
    let versions = try await Self.output(["dpkg-query", "-Wf", "${Package} ${Version}\n"], in: root)
    #expect(versions == pins.map { "\($0.name) \($0.version)\n" }.joined())
    let stale = try await Self.output(
      [
        "python3", "-B", "-c",
        """
        import _imp, glob, importlib.util as u
        modules = glob.glob('/usr/lib/python3*/**/*.pyc', recursive=True)
        assert modules
        for path in modules:
            header = open(path, 'rb').read(16)
            source = open(u.source_from_cache(path), 'rb').read()
            if header[4:] != b'\\1\\0\\0\\0' + _imp.source_hash(u._RAW_MAGIC_NUMBER, source): print(path)
        """,
      ], in: root)
    #expect(stale == "")
    #expect(try await Self.output(["awk", "BEGIN { print 6 * 7 }"], in: root) == "42\n")
    #expect(try FileStatus(of: "\(root)/etc/ssl/certs/ca-certificates.crt").size > 100_000)
    for dirt in ["etc/hostname", "etc/resolv.conf", "etc/machine-id", "usr/sbin/policy-rc.d", "var/log/dpkg.log"] {
      #expect(!Files.exists("\(root)/\(dirt)"), "\(dirt)")
    }
  }
}
