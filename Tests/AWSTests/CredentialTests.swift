import HTTP
import Host
import JSON
import Synchronization
import TestSupport
import Testing

@testable import AWS

/// Where keys come from, with servers on the loopback that play AWS's.
@Suite struct CredentialTests {
  private static let document = """
    {"Code": "Success", "AccessKeyId": "AKID", "SecretAccessKey": "hidden", "Token": "veiled",
     "Expiration": "2999-01-01T00:00:00Z"}
    """

  private func key(
    _ home: Home, _ environment: [String: String] = [:], profile: String? = nil
  ) async throws -> String {
    let found = try await home.client(environment, profile: profile).credentials()
    return "\(found.accessKeyID) \(found.secretAccessKey) \(found.sessionToken ?? "-")"
  }

  // MARK: Variables and files

  static let keys = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "hidden"]

  @Test func `variables come first, unless the command line names a profile`() async throws {
    let home = try Home(
      config: "[profile p]\naws_access_key_id = C\naws_secret_access_key = c\n",
      credentials: "[default]\naws_access_key_id = D\naws_secret_access_key = d\naws_session_token = t\n")
    #expect(try await key(home, Self.keys) == "AKID hidden -")
    #expect(try await key(home, Self.keys.merging(["AWS_PROFILE": "p"]) { $1 }) == "AKID hidden -")
    #expect(try await key(home, Self.keys, profile: "p") == "C c -")
    #expect(try await key(home) == "D d t")
  }

  @Test func `a credentials file wins over a configuration`() async throws {
    let home = try Home(
      config: "[default]\naws_access_key_id = C\naws_secret_access_key = c\n",
      credentials: "[default]\naws_access_key_id = D\naws_secret_access_key = d\n")
    #expect(try await key(home) == "D d -")
  }

  /// Sources that are set up and fail, and what is said; nothing after them is asked.
  static let faults: [(config: String, environment: [String: String], text: String)] = [
    (
      "", ["AWS_ACCESS_KEY_ID": "A"],
      "there are no AWS credentials from the environment: AWS_SECRET_ACCESS_KEY is not set"
    ),
    (
      "[default]\naws_access_key_id = A\n", [:],
      "there are no AWS credentials from profile default: aws_secret_access_key is not set"
    ),
    (
      "", [:],
      "there are no AWS credentials: the environment has none; the container's credential service has none; "
        + "AWS_EC2_METADATA_DISABLED is set"
    ),
    (
      "[default]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = q\nsource_profile = default\n", [:],
      "HOME/.aws/config: profile b: its source_profile leads round in a circle"
    ),
    (
      "[default]\nrole_arn = r\nsource_profile = none\n", [:],
      "HOME/.aws/config: profile default: its source_profile none does not exist"
    ),
    (
      "[default]\nrole_arn = r\nsource_profile = b\n[profile b]\nregion = x\n", [:],
      "HOME/.aws/config: profile default: its source_profile b has no keys"
    ),
    (
      "[default]\nrole_arn = r\nsource_profile = default\nmfa_serial = m\n", [:],
      "HOME/.aws/config: profile default: its role wants a code from a device, for which nobody can be asked"
    ),
    (
      "[default]\nrole_arn = r\ncredential_source = Moon\n", [:],
      "HOME/.aws/config: profile default: credential_source is Environment, EcsContainer or Ec2InstanceMetadata, "
        + "not \"Moon\""
    ),
    (
      "", ["AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere"],
      "AWS_ROLE_ARN: it is not set, and AWS_WEB_IDENTITY_TOKEN_FILE is"
    ),
    (
      "", ["AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere", "AWS_ROLE_ARN": "r"],
      "there are no AWS credentials from the web identity token in /nowhere: "
        + "cannot open /nowhere: No such file or directory"
    ),
    (
      "", ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://10.1.2.3/"],
      "AWS_CONTAINER_CREDENTIALS_FULL_URI: without https only the machine itself and AWS's own addresses are asked"
    ),
    (
      "", ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.evil.example/"],
      "AWS_CONTAINER_CREDENTIALS_FULL_URI: without https only the machine itself and AWS's own addresses are asked"
    ),
    (
      "[default]\ncredential_process = sh -c 'echo hidden >&2; exit 3'\n", [:],
      "there are no AWS credentials from credential_process of profile default: sh ended with 3"
    ),
    (
      "[default]\ncredential_process = echo 'open\n", [:],
      "there are no AWS credentials from credential_process of profile default: "
        + "its command has a quote without end, or no word"
    ),
    (
      "[default]\ncredential_process = echo hidden\n", [:],
      "there are no AWS credentials from credential_process of profile default: it answered something that is no JSON"
    ),
    (
      "[default]\nsso_account_id = 1\nsso_role_name = r\nsso_region = eu-west-1\nsso_start_url = https://x\n", [:],
      "there are no AWS credentials from the sign-in of profile default: there is no token that can be read in "
        + "HOME/.aws/sso/cache/98383e6608d65e46b24bbd92582bc8d916605a21.json; "
        + "sign in with: aws sso login --profile default"
    ),
  ]

  @Test(arguments: faults.indices)
  func `a source that is set up and fails is the end`(index: Int) async throws {
    let row = Self.faults[index]
    let home = try Home(config: row.config)
    let error = await failure { _ = try await key(home, row.environment) }
    let text = error?.description.replacing(home.path, with: "HOME") ?? ""
    #expect(text == row.text)
    #expect(!text.contains("hidden"))
  }

  // MARK: Programs

  @Test func `a program's keys are taken`() async throws {
    let home = try Home()
    try Files.write(
      "#!/bin/sh\necho '{\"Version\": 1, \"AccessKeyId\": \"'$1'\", \"SecretAccessKey\": \"s\", \"SessionToken\": \"t\"}'\n",
      to: home.path + "/a program", mode: 0o755)
    try Files.write(
      "[default]\ncredential_process = \"\(home.path)/a program\" 'A B'\n", to: home.path + "/.aws/config")
    #expect(try await key(home) == "A B s t")
  }

  static let commands: [(text: String, words: [String]?)] = [
    ("a b", ["a", "b"]), ("  a\t b  ", ["a", "b"]), ("'a b' c", ["a b", "c"]), (#""a \"b\"" c"#, [#"a "b""#, "c"]),
    (#"a\ b"#, ["a b"]), (#"'a\b'"#, [#"a\b"#]), (#""a\b""#, [#"a\b"#]), ("a''b", ["ab"]), ("''", [""]), ("'a", nil),
    ("a\\", nil), ("", []),
  ]

  @Test(arguments: commands.indices)
  func `a command is split like a shell's`(index: Int) {
    #expect(ProcessCredentials.words(of: Self.commands[index].text) == Self.commands[index].words)
  }

  // MARK: Services

  @Test func `a container's service is asked with the token of its file`() async throws {
    let home = try Home()
    try Files.write("secret-token\n", to: home.path + "/token")
    let environment = [
      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": home.path + "/token", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "other",
      "http_proxy": "http://127.0.0.1:9",
    ]
    try await HTTPTestServer.with { request in
      request["Authorization"] == "secret-token" ? .text(Self.document) : HTTPTestServer.Answer(401)
    } _: { (server) async throws in
      let address = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin + "/keys"]
      #expect(try await key(home, environment.merging(address) { $1 }) == "AKID hidden veiled")
      let error = await failure { _ = try await key(home, address) }
      #expect(
        error?.description
          == "there are no AWS credentials from the container's credential service: it answered status 401")
    }
  }

  @Test func `an instance is asked in the second version only`() async throws {
    let home = try Home()
    try await HTTPTestServer.with { request in
      let hasToken = request["X-aws-ec2-metadata-token"] == "session"
      switch (request.method, request.target) {
      case ("PUT", "/latest/api/token"):
        return request["X-aws-ec2-metadata-token-ttl-seconds"] == "21600"
          ? .text("session") : HTTPTestServer.Answer(400)
      case ("GET", "/latest/meta-data/iam/security-credentials/") where hasToken: return .text("a-role")
      case ("GET", "/latest/meta-data/iam/security-credentials/a-role") where hasToken: return .text(Self.document)
      case ("GET", "/latest/meta-data/placement/region") where hasToken: return .text("eu-north-1")
      default: return HTTPTestServer.Answer(401)
      }
    } _: { (server) async throws in
      let environment = [
        "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.origin + "/",
      ]
      #expect(try await key(home, environment) == "AKID hidden veiled")
      #expect(try await home.client(environment).region() == "eu-north-1")
    }
  }

  @Test func `an instance's service that does not answer costs a second or two`() async throws {
    let home = try Home()
    try await HTTPTestServer.with { _ in
      HTTPTestServer.Answer(body: [1, 2], fault: .stalled(after: 0))
    } _: { (server) async throws in
      let error = await failure {
        _ = try await key(
          home, ["AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.origin])
      }
      // Each attempt waits a second; the clock of a busy machine says little, but that there are no minutes of retries.
      #expect(server.requests.count <= 2)
      #expect(
        error?.description
          == "there are no AWS credentials: the environment has none; the container's credential service has none; "
          + "the instance's metadata service: it can't be reached")
    }
  }

  @Test func `a role is assumed with the keys of another profile`() async throws {
    let home = try Home(
      config: """
        [profile role]
        role_arn = arn:aws:iam::1:role/r
        source_profile = middle
        external_id = e & f
        duration_seconds = 900
        region = eu-west-1
        [profile middle]
        role_arn = arn:aws:iam::1:role/m
        source_profile = base
        role_session_name = named

        """, credentials: "[base]\naws_access_key_id = BASE\naws_secret_access_key = b\n")
    try await HTTPTestServer.with { request in
      let body = String(decoding: request.body, as: UTF8.self)
      let signer = request["Authorization"]?.split(separator: "/").first?.split(separator: "=").last ?? ""
      let isMiddle = body.contains("role%2Fm")
      let wanted =
        isMiddle
        ? ["RoleSessionName=named"] : ["ExternalId=e%20%26%20f", "DurationSeconds=900", "RoleSessionName=glue-athena-"]
      guard body.contains("Action=AssumeRole&"), wanted.allSatisfy({ body.contains($0) }),
        signer == (isMiddle ? "BASE" : "MIDDLE"), isMiddle || request["X-Amz-Security-Token"] == "token&MIDDLE"
      else { return HTTPTestServer.Answer(403, body: Array("<Error><Code>No</Code></Error>".utf8)) }
      return .text(
        Self.stsAnswer(isMiddle ? "MIDDLE" : "ROLE"), type: "text/xml")
    } _: { (server) async throws in
      #expect(try await key(home, ["AWS_ENDPOINT_URL_STS": server.origin], profile: "role") == "ROLE s token&ROLE")
    }
  }

  private static func stsAnswer(_ key: String) -> String {
    """
    <R xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Credentials><AccessKeyId>\(key)</AccessKeyId>
    <SecretAccessKey>s</SecretAccessKey><SessionToken>token&amp;\(key)</SessionToken>
    <Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></R>
    """
  }

  @Test func `a web identity's token opens a role without keys`() async throws {
    let home = try Home()
    try Files.write("a.b+c\n", to: home.path + "/token")
    try await HTTPTestServer.with { request in
      let body = String(decoding: request.body, as: UTF8.self)
      guard request["Authorization"] == nil, body.contains("Action=AssumeRoleWithWebIdentity&"),
        body.contains("WebIdentityToken=a.b%2Bc"), body.contains("RoleSessionName=pod")
      else { return HTTPTestServer.Answer(400) }
      return .text(Self.stsAnswer("WEB"))
    } _: { (server) async throws in
      #expect(
        try await key(
          home,
          [
            "AWS_ENDPOINT_URL": server.origin, "AWS_WEB_IDENTITY_TOKEN_FILE": home.path + "/token",
            "AWS_ROLE_ARN": "arn:aws:iam::1:role/web", "AWS_ROLE_SESSION_NAME": "pod",
          ]) == "WEB s token&WEB")
    }
  }

  @Test func `a refusal of STS is told with its code`() async throws {
    let home = try Home(
      config:
        "[default]\nrole_arn = arn:r\nsource_profile = default\naws_access_key_id = A\naws_secret_access_key = hidden\n"
    )
    try await HTTPTestServer.with { _ in
      HTTPTestServer.Answer(
        403,
        body: Array("<E><Error><Code>AccessDenied</Code><Message>not &lt;you&gt;</Message></Error></E>".utf8))
    } _: { (server) async throws in
      let error = await failure { _ = try await key(home, ["AWS_ENDPOINT_URL": server.origin]) }
      #expect(error?.description == "STS AssumeRole of arn:r failed: AccessDenied: not <you>")
    }
  }

  @Test func `a sign-in's token opens a role`() async throws {
    let home = try Home(
      config: """
        [default]
        sso_session = corp
        sso_account_id = 123
        sso_role_name = a b
        [sso-session corp]
        sso_region = eu-west-1
        sso_start_url = https://corp.example/start

        """)
    // The name is the SHA-1 of "corp".
    let name = home.path + "/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
    try Files.write(#"{"accessToken": "tok", "expiresAt": "2999-01-01T00:00:00UTC"}"#, to: name)
    try await HTTPTestServer.with { request in
      guard request["x-amz-sso_bearer_token"] == "tok",
        request.target == "/federation/credentials?role_name=a%20b&account_id=123"
      else { return HTTPTestServer.Answer(401) }
      return .text(
        #"{"roleCredentials": {"accessKeyId": "S", "secretAccessKey": "s", "sessionToken": "t", "expiration": 32472144000000}}"#
      )
    } _: { (server) async throws in
      #expect(try await key(home, ["AWS_ENDPOINT_URL_SSO": server.origin]) == "S s t")
      try Files.write(#"{"accessToken": "tok", "expiresAt": "2001-01-01T00:00:00Z"}"#, to: name)
      let error = await failure { _ = try await key(home, ["AWS_ENDPOINT_URL_SSO": server.origin]) }
      #expect(
        error?.description.hasSuffix("the token has ended; sign in with: aws sso login --profile default") == true)
    }
  }

  // MARK: Keeping

  @Test func `keys are asked for once, and anew when a service does not take them any more`() async throws {
    let home = try Home()
    let keys = Mutex(0)
    try await HTTPTestServer.with { request in
      if request.target == "/keys" {
        let number = keys.withLock { count in
          count += 1
          return count
        }
        return .text(Self.document.replacing("AKID", with: "KEY\(number)"))
      }
      return request["Authorization"]?.contains("KEY2/") == true
        ? .text("{\"ok\": true}")
        : HTTPTestServer.Answer(400, body: Array(#"{"__type": "ExpiredTokenException", "message": "old"}"#.utf8))
    } _: { (server) async throws in
      let client = try home.client([
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin + "/keys", "AWS_ENDPOINT_URL": server.origin,
        "AWS_REGION": "eu-west-1",
      ])
      try await withThrowingTaskGroup(of: AWSCredentials.self) { group in
        for _ in 0..<8 { group.addTask { try await client.credentials() } }
        for try await found in group { #expect(found.accessKeyID == "KEY1") }
      }
      #expect(try await client.call("ListWorkGroups", of: .athena)["ok"]?.bool == true)
      #expect(keys.withLock { $0 } == 2)
    }
  }

  @Test func `a clock that is wrong is set right by the service's`() async throws {
    let home = try Home()
    let ahead = SignatureV4(at: Clock.now + 86_400, region: "eu-west-1", service: "athena").date.prefix(8)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let text = Clock.rfc3339(Clock.now + 86_400)
    let parts = text.split { !$0.isNumber }
    let date =
      "\(weekdays[(Clock.now / 86_400 + 1) % 7]), \(parts[2]) \(months[(Int(parts[1]) ?? 1) - 1]) \(parts[0]) "
      + "\(parts[3]):\(parts[4]):\(parts[5]) GMT"
    try await HTTPTestServer.with { request in
      request["X-Amz-Date"]?.hasPrefix(String(ahead)) == true
        ? .text("{\"ok\": true}")
        : HTTPTestServer.Answer(
          400, fields: ["Date": date],
          body: Array(#"{"__type": "InvalidSignatureException", "message": "Signature expired: …"}"#.utf8))
    } _: { (server) async throws in
      let client = try home.client(
        Self.keys.merging(["AWS_ENDPOINT_URL": server.origin, "AWS_REGION": "eu-west-1"]) { $1 })
      #expect(try await client.call("ListWorkGroups", of: .athena)["ok"]?.bool == true)
      #expect(server.requests.count == 2)
    }
  }
}
