import Layers
import OCI
import Testing

@testable import Building

/// What each engine's client is told, as values: nothing runs here.
@Suite struct EngineCallTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let kind: EngineClient.Kind
    let engine: BuildEngine
    var address: String?
    var certificates: String?
    let expected: String

    var testDescription: String { "\(kind)" }

    var client: EngineClient {
      EngineClient(
        engine: engine, kind: kind, program: "/bin/x", version: "1", address: address, certificates: certificates)
    }
  }

  private static func request() -> EngineRequest {
    var request = EngineRequest(context: "/c", dockerfile: "/d/File", epoch: 7)
    request.platform = .linuxAMD64
    request.target = "last"
    request.arguments = [.init("A", "1"), .init("B", "x y")]
    request.labels = [.init("l", "2")]
    request.secrets = ["id=s,src=/s"]
    request.ssh = ["default"]
    request.usesCache = false
    request.names = ["app:1"]
    request.cacheFrom = [.registry("r.example/c")]
    return request
  }

  static let full: [Case] = [
    Case(
      kind: .docker(hasBuildx: false), engine: .docker, address: "tcp://h:1",
      expected: """
        --host|tcp://h:1|build|--progress|plain|--iidfile|ID|--file|/d/File|--platform|linux/amd64|--target|last|\
        --build-arg|A=1|--build-arg|B=x y|--label|l=2|--tag|app:1|--secret|id=s,src=/s|--ssh|default|--no-cache|\
        --network|none|--cache-from|r.example/c|/c
        """),
    Case(
      kind: .docker(hasBuildx: true), engine: .docker,
      expected: """
        build|--progress|plain|--iidfile|ID|--load|--file|/d/File|--platform|linux/amd64|--target|last|\
        --build-arg|A=1|--build-arg|B=x y|--label|l=2|--tag|app:1|--secret|id=s,src=/s|--ssh|default|--no-cache|\
        --network|none|--cache-from|type=registry,ref=r.example/c|/c
        """),
    Case(
      kind: .buildah, engine: .buildah,
      expected: """
        build|--format|docker|--layers|--timestamp|7|--iidfile|ID|--file|/d/File|--platform|linux/amd64|--target|last|\
        --build-arg|A=1|--build-arg|B=x y|--label|l=2|--tag|app:1|--secret|id=s,src=/s|--ssh|default|--no-cache|\
        --network|none|--cache-from|r.example/c|/c
        """),
    Case(
      kind: .buildctl, engine: .buildkit, address: "tcp://h:1", certificates: "/tls",
      expected: """
        --addr|tcp://h:1|--tlsdir|/tls|build|--progress|plain|--frontend|dockerfile.v0|--local|context=/c|\
        --local|dockerfile=/d|--opt|filename=File|--opt|platform=linux/amd64|--opt|target=last|--opt|build-arg:A=1|\
        --opt|build-arg:B=x y|--opt|build-arg:SOURCE_DATE_EPOCH=7|--opt|label:l=2|--opt|force-network-mode=none|\
        --secret|id=s,src=/s|--ssh|default|--import-cache|type=registry,ref=r.example/c|--no-cache|\
        --output|type=oci,dest=TAR,rewrite-timestamp=true
        """),
    Case(
      kind: .buildx, engine: .buildkit, address: "kube-pod://p",
      expected: """
        buildx|build|--builder|NAME|--progress|plain|--output|type=oci,dest=TAR,rewrite-timestamp=true|--file|/d/File|\
        --platform|linux/amd64|--target|last|--build-arg|A=1|--build-arg|B=x y|--label|l=2|--tag|app:1|\
        --secret|id=s,src=/s|--ssh|default|--no-cache|--network|none|--cache-from|type=registry,ref=r.example/c|/c
        """),
  ]

  @Test(arguments: full) func `every option is handed on`(_ test: Case) {
    let calls = test.client.calls(Self.request(), idFile: "ID", archive: "TAR", builder: "NAME")
    #expect(calls.build.arguments.joined(separator: "|") == test.expected)
    #expect(calls.build.isBuild)
    #expect(test.client.lacks(Self.request()).isEmpty)
  }

  @Test func `a builder of buildx is made for one build and removed after it`() {
    let client = EngineClient(
      engine: .buildkit, kind: .buildx, program: "docker", version: "1", address: "tcp://h:1", certificates: "/t")
    let calls = client.calls(Self.request(), idFile: "ID", archive: "TAR", builder: "NAME")
    #expect(
      calls.preparation.map { $0.arguments.joined(separator: " ") } == [
        "buildx create --name NAME --driver remote --driver-opt cacert=/t/ca.pem,cert=/t/cert.pem,key=/t/key.pem tcp://h:1"
      ])
    #expect(calls.cleaning.map(\.arguments) == [["buildx", "rm", "NAME"]])
  }

  @Test func `a base goes to BuildKit as a layout, and to the others as an archive`() throws {
    let digest = try Digest(parsing: "sha256:" + String(repeating: "a", count: 64))
    var request = EngineRequest(context: "/c", dockerfile: "/c/Dockerfile", epoch: 0)
    request.base = .init(digest, store: "/store")
    let name = "localhost/drydock-base:\(digest.hex)"
    func words(_ kind: EngineClient.Kind) -> String {
      let client = EngineClient(engine: .buildkit, kind: kind, program: "x", version: "1", address: "tcp://h:1")
      return client.calls(request, idFile: "ID", archive: "TAR", builder: "N").build.arguments.joined(separator: " ")
    }
    #expect(
      words(.buildctl).contains(
        "--oci-layout drydock=/store --opt context:\(name)=oci-layout://drydock@\(digest)"))
    #expect(words(.buildx).contains("--build-context \(name)=oci-layout:///store@\(digest)"))
    #expect(words(.buildah).contains("--pull=never"))
    #expect(!words(.docker(hasBuildx: false)).contains(digest.hex))
    let docker = EngineClient(engine: .docker, kind: .docker(hasBuildx: false), program: "docker", version: "1")
    let loading = try #require(docker.handingOver(name, from: "F")?.loading)
    #expect(loading.arguments == ["load", "--quiet", "--input", "F"])
  }

  @Test func `named contexts and caches take the form that each client knows`() {
    var request = EngineRequest(context: "/c", dockerfile: "/c/Dockerfile", epoch: 0)
    request.allowsNetwork = true
    request.contexts = [
      .init("f", .folder("/f")), .init("i", .image("r.example/i:1")), .init("l", .layout(path: "/l", suffix: ":2")),
    ]
    request.cacheTo = [.folder("/k")]
    let buildctl = EngineClient(
      engine: .buildkit, kind: .buildctl, program: "x", version: "1", address: "tcp://h:1")
    let words = buildctl.calls(request, idFile: "ID", archive: "TAR", builder: "N").build.arguments
    #expect(
      words.joined(separator: " ").contains(
        "--local f=/f --opt context:f=local:f --opt context:i=docker-image://r.example/i:1 --oci-layout l=/l "
          + "--opt context:l=oci-layout://l:2 --export-cache type=local,dest=/k,mode=max"))
    #expect(!words.contains("force-network-mode=none"))
    #expect(buildctl.lacks(request).isEmpty)
    let buildx = EngineClient(engine: .docker, kind: .docker(hasBuildx: true), program: "x", version: "1")
    let text = buildx.calls(request, idFile: "ID", archive: "TAR", builder: "N").build.arguments.joined(separator: " ")
    #expect(text.contains("--build-context f=/f --build-context i=docker-image://r.example/i:1"))
    #expect(text.contains("--build-context l=oci-layout:///l:2 --cache-to type=local,dest=/k,mode=max"))
  }

  @Test func `what an engine lacks is told by option`() {
    var request = EngineRequest(context: "/c", dockerfile: "/c/Dockerfile", epoch: 0)
    request.memoryLimit = 1 << 30
    request.compression = .zstd(level: 3)
    request.contexts = [.init("l", .layout(path: "/l", suffix: ""))]
    request.cacheFrom = [.folder("/k")]
    request.cacheTo = [.folder("/k")]
    func options(_ kind: EngineClient.Kind, _ engine: BuildEngine) -> [String] {
      EngineClient(engine: engine, kind: kind, program: "x", version: "1").lacks(request).map(\.option)
    }
    #expect(
      options(.docker(hasBuildx: false), .docker)
        == ["--memory", "--build-context", "--cache-to", "--cache-from", "--compression"])
    #expect(options(.docker(hasBuildx: true), .docker) == ["--memory", "--compression"])
    #expect(options(.podman, .podman) == ["--cache-from and --cache-to", "--build-context", "--compression"])
    #expect(options(.buildctl, .buildkit) == ["--memory"])
  }
}
