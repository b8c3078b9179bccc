import OCI
import Registry

extension Fuzzer {
  /// What registries and their users write.
  static let registry: [Fuzzer] = [references, manifests, challenges, logins, settings]

  /// Names of images: what was read is written so that it reads the same.
  private static let references = Fuzzer(
    name: "references",
    seeds: [
      "debian", "debian:12", "a/b@sha256:\(String(repeating: "0a", count: 32))", "localhost:5000/a__b/c-d.e:v1",
      "[::1]:5000/x", "docker.io/library/x:y", "docker://example.com/a:1", "oci:dir:tag", "docker-archive:f:n:t",
    ]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    if let reference = try? Reference(parsing: text) {
      let again = try? Reference(parsing: reference.description)
      let familiar = try? Reference(parsing: reference.familiar)
      precondition(again == reference && familiar == reference, "a reference reads otherwise once it was written")
    }
    if let place = try? ImagePlace(parsing: text) {
      let again = try? ImagePlace(parsing: place.description)
      precondition(again == place, "a place reads otherwise once it was written")
    }
  }

  /// Manifests, indexes and configurations: what was read is written so that it reads the same.
  private static let manifests = Fuzzer(
    name: "manifests",
    seeds: [
      #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":2},"layers":[{"mediaType":"a/b","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":3,"urls":["https://x"],"annotations":{"a":"b"}}],"subject":{"mediaType":"a/b","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":3},"annotations":{"c":"d"}}"#,
      #"{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":3,"artifactType":"x/y","platform":{"os":"linux","architecture":"arm64","variant":"v8","os.version":"1"}}]}"#,
      #"{"architecture":"amd64","os":"linux","created":"2024-01-01T00:00:00Z","config":{"User":"1","Env":["A=b"],"Cmd":["x"],"Entrypoint":["y"],"Labels":{"l":"m"},"Healthcheck":{"Test":["CMD","z"],"Interval":1000000000}},"rootfs":{"type":"layers","diff_ids":["sha256:0000000000000000000000000000000000000000000000000000000000000000"]},"history":[{"created_by":"RUN x","empty_layer":true}]}"#,
    ]
  ) { bytes in
    for type in [MediaType.imageManifest, .imageIndex, MediaType(rawValue: "x/y")] {
      let raw = RawManifest(bytes: bytes, mediaType: type)
      _ = try? raw.children()
      _ = raw.subject
    }
    if let manifest = try? Manifest(parsing: bytes) {
      precondition((try? Manifest(parsing: manifest.bytes)) == manifest, "a manifest reads otherwise")
    }
    if let index = try? Index(parsing: bytes) {
      precondition((try? Index(parsing: index.bytes)) == index, "an index reads otherwise")
    }
    if let config = try? ImageConfig(parsing: bytes) { _ = try? ImageConfig(parsing: config.bytes) }
  }

  /// `WWW-Authenticate` fields: no parameter is longer than the field.
  private static let challenges = Fuzzer(
    name: "challenges",
    seeds: [
      #"Bearer realm="https://auth.example.com/token",service="r",scope="repository:a/b:pull,push""#,
      #"Basic realm="a \"b\", c", Negotiate, Digest qop=auth"#,
    ]
  ) { bytes in
    for challenge in AuthChallenge.parsing(String(decoding: bytes, as: UTF8.self)) {
      precondition(challenge.scheme == challenge.scheme.lowercased())
      // Bytes that are no UTF-8 become three each.
      precondition(challenge.parameters.values.allSatisfy { $0.utf8.count <= 3 * bytes.count })
    }
  }

  /// Files of logins: a login that is put in is found again, and one that is taken out is not.
  private static let logins = Fuzzer(
    name: "logins",
    seeds: [
      #"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"},"example.com/a":{"identitytoken":"t"}},"credHelpers":{"x":"y"},"credsStore":"z"}"#,
      #"{"auths":{"example.com":{"username":"u","password":"p"}}}"#,
    ]
  ) { bytes in
    guard let file = try? LoginFile(parsing: bytes, path: "config.json") else { return }
    for domain in ["docker.io", "example.com", "x"] { _ = try? file.place(domain: domain, repository: "a/b") }
    let login = RegistryLogin.password(user: "u", password: "p")
    let with = file.setting(login, for: "fuzz.example.com")
    precondition(with.holdsLogin(of: "fuzz.example.com"))
    precondition(!with.setting(nil, for: "fuzz.example.com").holdsLogin(of: "fuzz.example.com"))
  }

  /// `registries.conf` and `daemon.json`.
  private static let settings = Fuzzer(
    name: "settings",
    seeds: [
      "[[registry]]\nprefix = \"a.example/b\"\nlocation = 'c'\ninsecure = true\n[[registry.mirror]]\nlocation=\"m:1\"\npull-from-mirror = \"tag-only\"\n",
      #"{"registry-mirrors":["https://m/"],"insecure-registries":["h:5000","10.0.0.0/8"]}"#,
    ]
  ) { bytes in
    var configuration = (try? RegistriesConfiguration(parsing: String(decoding: bytes, as: UTF8.self))) ?? .init()
    try? configuration.add(dockerDaemon: bytes, path: "daemon.json")
    guard let reference = try? Reference(parsing: "a.example/b/c:1") else { return }
    _ = try? configuration.endpoints(for: reference)
  }
}
