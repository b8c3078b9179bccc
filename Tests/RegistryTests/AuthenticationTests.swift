import HTTP
import Host
import OCI
import Synchronization
import TestSupport
import Testing

@testable import Registry

@Suite struct AuthenticationTests {
  static let challenges: [(String, [AuthChallenge])] = [
    ("", []),
    ("Basic", [AuthChallenge(scheme: "basic", parameters: [:])]),
    (#"Basic realm="a, b""#, [AuthChallenge(scheme: "basic", parameters: ["realm": "a, b"])]),
    (
      #"Bearer realm="https://example.com/token",service="x",scope="repository:a/b:pull,push""#,
      [
        AuthChallenge(
          scheme: "bearer",
          parameters: [
            "realm": "https://example.com/token", "service": "x", "scope": "repository:a/b:pull,push",
          ])
      ]
    ),
    (
      #"Negotiate, Basic realm=x , BEARER Realm = "q\"q""#,
      [
        AuthChallenge(scheme: "negotiate", parameters: [:]), AuthChallenge(scheme: "basic", parameters: ["realm": "x"]),
        AuthChallenge(scheme: "bearer", parameters: ["realm": "q\"q"]),
      ]
    ),
    (#"Bearer realm="open"#, [AuthChallenge(scheme: "bearer", parameters: [:])]),
    (#"Bearer realm="a",realm="b""#, [AuthChallenge(scheme: "bearer", parameters: ["realm": "a"])]),
    ("=", []), (#"realm="x""#, []),
  ]

  @Test(arguments: challenges) func `a challenge is read`(_ field: String, _ expected: [AuthChallenge]) {
    #expect(AuthChallenge.parsing(field) == expected)
  }

  @Test func `reading challenges is total for random bytes`() {
    var generator = SystemRandomNumberGenerator()
    let alphabet = Array(#"Bearer realm="x\",=, é"# + "\t")
    for _ in 0..<20_000 {
      let text = String(
        (0..<Int.random(in: 0...40, using: &generator)).map { _ in alphabet.randomElement(using: &generator)! })
      #expect(AuthChallenge.parsing(text).count <= 41)
    }
  }

  private static let manifest = SampleImage.manifest(layers: [])

  private func read(_ login: TestRegistry.Login, _ file: String, tokenLife: Int = .max) async throws -> [String] {
    let directory = try TemporaryDirectory()
    return try await TestRegistry.with(
      TestRegistry.Options {
        $0.login = login; $0.tokenLife = tokenLife
      }
    ) { registry in
      registry.add([], to: "a/b", tag: "1")
      let text = file.replacingDomain(registry.domain)
      let repository = try testClient(.file(text, in: directory)).repository(registry, "a/b")
      for _ in 0..<3 { #expect(try await repository.manifest("1") == Self.manifest) }
      return registry.requests.map(\.target)
    }
  }

  @Test func `a name and a password answer a basic challenge once and for all`() async throws {
    let targets = try await read(.basic(user: "u", password: "p"), #"{"auths":{"DOMAIN":{"auth":"dTpw"}}}"#)
    #expect(targets.count == 4)
  }

  @Test func `a token is had for a login and used again`() async throws {
    let targets = try await read(.token(user: "u", password: "p"), #"{"auths":{"https://DOMAIN/v2/":{"auth":"dTpw"}}}"#)
    #expect(targets.count { $0.hasPrefix("/token") } == 1)
    #expect(targets.first { $0.hasPrefix("/token") }?.contains("scope=repository%3Aa%2Fb%3Apull") == true)
  }

  @Test func `a token is had without a login`() async throws {
    let targets = try await read(.token(user: nil, password: ""), "{}")
    #expect(targets.count { $0.hasPrefix("/token") } == 1)
  }

  @Test func `a token is had for an identity token`() async throws {
    let targets = try await read(.refresh(token: "r"), #"{"auths":{"DOMAIN":{"identitytoken":"r"}}}"#)
    #expect(targets.count { $0 == "/token" } == 1)
  }

  @Test func `a token that ends in the middle is replaced`() async throws {
    let targets = try await read(.token(user: nil, password: ""), "{}", tokenLife: 1)
    #expect(targets.count { $0.hasPrefix("/token") } == 3)
  }

  @Test func `a wrong password is an error that does not hold it`() async throws {
    await #expect {
      _ = try await read(.basic(user: "u", password: "p"), #"{"auths":{"DOMAIN":{"auth":"dTpzZWNyZXQ="}}}"#)
    } throws: { error in
      guard case .unauthorized(_, "u"?, _)? = error as? RegistryError else { return false }
      return !"\(error)".contains("secret")
    }
  }

  @Test func `a repository's own login wins over its domain's`() async throws {
    let directory = try TemporaryDirectory()
    let store = try LoginStore.file(
      #"{"auths":{"example.com":{"auth":"dTpw"},"example.com/a":{"username":"own","password":"p"}}}"#, in: directory)
    #expect(try await store.login(domain: "example.com", repository: "a/b") == .password(user: "own", password: "p"))
    #expect(try await store.login(domain: "example.com", repository: "ab") == .password(user: "u", password: "p"))
    #expect(try await store.login(domain: "example.org", repository: "a") == nil)
  }

  @Test func `logging in and out keeps what else the file holds`() async throws {
    let directory = try TemporaryDirectory()
    let store = try LoginStore.file(
      #"{"auths":{"example.org":{"auth":"dTpw"}},"HttpHeaders":{"a":"b"}}"#, in: directory)
    let place = try await store.store(.password(user: "u", password: "p"), for: "docker.io")
    #expect(place == store.writtenPath)
    #expect(try await store.login(domain: "docker.io", repository: "library/x") == .password(user: "u", password: "p"))
    #expect(try FileStatus(of: place).mode == 0o600)
    #expect(try Files.text(place).contains("https://index.docker.io/v1/"))
    #expect(try await store.erase("docker.io") == [place])
    #expect(try await store.login(domain: "docker.io", repository: "library/x") == nil)
    #expect(try Files.text(place).contains("HttpHeaders"))
    #expect(try await store.login(domain: "example.org", repository: "x") != nil)
  }

  @Test func `reading logins is total for random changes`() throws {
    let directory = try TemporaryDirectory()
    var generator = SystemRandomNumberGenerator()
    let bytes = Array(#"{"auths":{"https://example.com/v2/":{"auth":"dTpw"}},"credHelpers":{"example.com":"x"}}"#.utf8)
    let path = directory.path + "/config.json"
    for _ in 0..<500 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        changed[Int.random(in: 0..<changed.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      try Files.remove(path)
      let file = try FileHandle(writing: path, .truncate)
      try file.write(changed)
      _ = try? LoginFile(path: path).place(domain: "example.com", repository: "a/b")
    }
  }

  @Test func `a helper program keeps logins and sees them on its standard input only`() async throws {
    let directory = try TemporaryDirectory()
    let program = directory.path + "/docker-credential-test"
    try Files.write(
      """
      #!/bin/sh
      echo "$*" >> '\(directory.path)/words'
      case $1 in
        store) cat > '\(directory.path)/kept' ;;
        get) cat > /dev/null; cat '\(directory.path)/kept' 2>/dev/null || { echo credentials not found in native keychain; exit 1; } ;;
        erase) cat > /dev/null; rm '\(directory.path)/kept' ;;
      esac
      """, to: program, mode: 0o755)
    let path = directory.path + "/config.json"
    try Files.write(#"{"credHelpers":{"example.com":"test"}}"#, to: path)
    let store = LoginStore(
      paths: [path], writtenPath: path, environment: ["PATH": "/usr/bin:/bin"], helperFolder: directory.path)
    #expect(try await store.login(domain: "example.com", repository: "a") == nil)
    #expect(
      try await store.store(.password(user: "u", password: "secret"), for: "example.com") == "docker-credential-test")
    #expect(try await store.login(domain: "example.com", repository: "a") == .password(user: "u", password: "secret"))
    #expect(try await store.erase("example.com") == ["docker-credential-test"])
    #expect(try await store.login(domain: "example.com", repository: "a") == nil)
    #expect(try !Files.text(directory.path + "/words").contains("secret"))
    #expect(try !Files.text(path).contains("secret"))
  }

  @Test func `a login is checked before it is kept`() async throws {
    try await TestRegistry.with(TestRegistry.Options { $0.login = .token(user: "u", password: "p") }) { registry in
      let configuration = testClient().configuration
      try await RegistryClient.check(
        .password(user: "u", password: "p"), domain: registry.domain, configuration: configuration)
      await #expect(throws: RegistryError.self) {
        try await RegistryClient.check(
          .password(user: "u", password: "q"), domain: registry.domain, configuration: configuration)
      }
    }
  }
}

extension String {
  fileprivate func replacingDomain(_ domain: String) -> String {
    split(separator: "DOMAIN", omittingEmptySubsequences: false).joined(separator: domain)
  }

  // MARK: Amazon

  static let regions: [(String, String?)] = [
    ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1"),
    ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
    ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ("123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1"), ("public.ecr.aws", nil),
    ("12345678901.dkr.ecr.eu-west-1.amazonaws.com", nil), ("123456789012.dkr.ecr.eu-west-1.example.com", nil),
    ("123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example", nil),
    ("123456789012.dkr.ecr.amazonaws.com", nil), ("123456789012.dkr.ecr.eu-west-1.amazonaws.com:443", nil),
  ]

  @Test(arguments: regions) func `a registry of Amazon's is known by its name`(_ domain: String, _ region: String?) {
    #expect(ECRLogins.region(of: domain) == region)
  }

  /// The service answers with another password each time; the registry takes the newest alone.
  @Test func `a registry of Amazon's is shown a login that was had for AWS's keys`() async throws {
    let directory = try TemporaryDirectory()
    let domain = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    let service = HTTPTestServer { request in
      let token = Base64.encoded("AWS:password-\(request.earlier)".utf8)
      return .text(
        #"{"authorizationData":[{"authorizationToken":"\#(token)","expiresAt":4102444800.5,"proxyEndpoint":"x"}]}"#,
        type: "application/x-amz-json-1.1")
    }
    defer { service.stop() }
    let revoked = Mutex(false)
    try await TestRegistry.with(fault: { request, answer in
      let password = revoked.withLock { $0 } ? "password-1" : "password-0"
      guard request["Authorization"] != "Basic " + Base64.encoded("AWS:\(password)".utf8) else { return nil }
      return HTTPTestServer.Answer(
        401, fields: ["WWW-Authenticate": "Basic realm=\"https://\(domain)/\",service=\"ecr.amazonaws.com\""])
    }) { registry in
      let image = registry.add([], to: "a", tag: "1")
      let proxy = try await InterceptingProxy(host: domain, before: registry.http, in: directory.path)
      defer { proxy.stop() }
      let variables = [
        "HOME": directory.path, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "session", "AWS_ENDPOINT_URL_ECR": service.origin, "AWS_EC2_METADATA_DISABLED": "true",
      ]
      let client = testClient(LoginStore(environment: variables)) {
        $0.http.proxies = Proxies(all: proxy.address)
        $0.http.certificateFile = proxy.certificateAuthority
      }
      let repository = try client.repository(Reference(domain: domain, repository: "a"))
      #expect(try await repository.manifest("1") == image)
      #expect(try await repository.tags() == ["1"])
      #expect(service.requests.count == 1)
      let asked = try #require(service.requests.first)
      #expect(asked["X-Amz-Target"] == "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken")
      #expect(asked["Authorization"]?.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") == true)
      #expect(asked["Authorization"]?.contains("/eu-west-1/ecr/aws4_request") == true)
      #expect(asked["X-Amz-Security-Token"] == "session")
      revoked.withLock { $0 = true }
      #expect(try await repository.manifest("1") == image)
      #expect(service.requests.count == 2)
      // Without keys the error says so, and that a login would do.
      let keyless = testClient(LoginStore(environment: ["HOME": directory.path, "AWS_EC2_METADATA_DISABLED": "true"])) {
        $0.http.proxies = Proxies(all: proxy.address)
        $0.http.certificateFile = proxy.certificateAuthority
      }
      await #expect {
        _ = try await keyless.repository(Reference(domain: domain, repository: "a")).manifest("1")
      } throws: { error in
        "\(error)".hasPrefix("\(domain) wants a login: there are no AWS credentials")
      }
    }
  }
}
