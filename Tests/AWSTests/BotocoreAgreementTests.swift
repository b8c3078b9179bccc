import AWS
import HTTP
import Host
import JSON
import OCI
import TestSupport
import Testing
import Trust

/// Compares signatures and addresses with botocore's, an independent program.
@Suite struct BotocoreAgreementTests {
  /// Pieces that are written in the one way already, and others that a path may have as they are.
  private static let encoded = ["a", "B", "0", "-", "_", ".", "~", "%20", "%2F", "%25", "%C3%A9", "%2B", "%3D"]
  private static let pathPieces = encoded + ["+", ":", "@", "!", "$", "'", "(", ")", "*", ","]

  private static func word(
    _ generator: inout some RandomNumberGenerator, _ most: Int, of pieces: [String] = encoded
  ) -> String {
    (0..<Int.random(in: 0...most, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }
      .joined()
  }

  @Test func `signatures of random requests are botocore's`() async throws {
    var generator = SystemRandomNumberGenerator()
    let credentials = AWSCredentials(
      accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret/with+signs", sessionToken: "token==")
    let signature = SignatureV4(date: "20240501T120000Z", region: "eu-central-1", service: "athena")
    let requests = (0..<300).map { _ in
      // At a path's end botocore takes dots another way than RFC 3986; addresses have none, once they are read.
      let segments = (0..<Int.random(in: 0...4)).map { _ in Self.word(&generator, 3, of: Self.pathPieces) }
      let path = segments.map { "/" + ($0 == "." || $0 == ".." ? "" : $0) }.joined()
      let parameters = (0..<Int.random(in: 0...4)).map { _ in
        "\(Self.word(&generator, 2))x=\(Self.word(&generator, 3))"
      }
      // Botocore takes a query as it stands, so it is written in the one way here.
      let query = parameters.joined(separator: "&")
      return (
        path: path.isEmpty ? "/" : path, query: query, body: Self.word(&generator, 5),
        isStorage: Bool.random(using: &generator)
      )
    }
    let input = JSONValue.array(
      requests.map { request in
        .object([
          "path": .string(request.path), "query": .string(request.query), "body": .string(request.body),
          "storage": .bool(request.isStorage),
        ])
      })
    let output = try await PythonTools.run(
      script: """
        import datetime, json, sys
        from botocore import auth, awsrequest, credentials
        class Fixed(datetime.datetime):
            @classmethod
            def utcnow(cls): return cls(2024, 5, 1, 12)
            @classmethod
            def now(cls, tz=None): return cls(2024, 5, 1, 12, tzinfo=tz)
        for name in ("get_current_datetime",):
            if hasattr(auth, name): setattr(auth, name, lambda *a, **k: Fixed(2024, 5, 1, 12))
        key = credentials.Credentials("AKIDEXAMPLE", "secret/with+signs", "token==")
        result = []
        for item in json.load(sys.stdin):
            url = "https://example.amazonaws.com" + item["path"] + ("?" + item["query"] if item["query"] else "")
            request = awsrequest.AWSRequest("POST", url, {"Content-Type": "text/plain"}, item["body"].encode())
            kind = auth.S3SigV4Auth if item["storage"] else auth.SigV4Auth
            signer = kind(key, "athena", "eu-central-1")
            request.context["timestamp"] = "20240501T120000Z"
            request.context["payload_signing_enabled"] = True
            if item["storage"]:
                class Config: s3 = None
                request.context["client_config"] = Config()
                request.headers["X-Amz-Content-SHA256"] = signer.payload(request)
            request.headers["X-Amz-Date"] = "20240501T120000Z"
            request.headers["X-Amz-Security-Token"] = "token=="
            canonical = signer.canonical_request(request)
            text = signer.string_to_sign(request, canonical)
            result.append([canonical, signer.signature(text, request)])
        print(json.dumps(result))
        """, input: input.text())
    let answers = try #require(try JSONValue(parsing: output).array)
    #expect(answers.count == requests.count)
    for (request, answer) in zip(requests, answers) {
      let hash = SHA256.digest(of: request.body.utf8).hex
      var fields = [
        ("Content-Type", "text/plain"), ("Host", "example.amazonaws.com"), ("X-Amz-Date", signature.date),
        ("X-Amz-Security-Token", credentials.sessionToken ?? ""),
      ]
      if request.isStorage { fields.append(("X-Amz-Content-SHA256", hash)) }
      let canonical = CanonicalRequest(
        method: "POST", path: request.path, query: request.query, fields: fields.map { (name: $0.0, value: $0.1) },
        payloadHash: hash, pathRule: request.isStorage ? .verbatim : .normalized)
      #expect(canonical.text == answer.array?[0].string)
      #expect(
        signature.signature(canonical, secretAccessKey: credentials.secretAccessKey) == answer.array?[1].string)
    }
  }

  private static let regions = [
    "us-east-1", "eu-central-1", "ap-southeast-4", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1",
    "us-isof-south-1", "eu-isoe-west-1", "eusc-de-east-1",
  ]

  @Test func `addresses of services are botocore's`() async throws {
    let output = try await PythonTools.run(
      script: """
        import json, sys, boto3
        from botocore.config import Config
        from botocore.exceptions import EndpointResolutionError, EndpointVariantError
        calls = {"athena": "list_work_groups", "s3": "list_buckets", "sts": "get_caller_identity",
                 "ecr": "get_authorization_token"}
        class Stop(Exception): pass
        rows = {}
        for region in json.load(sys.stdin):
            for service, call in calls.items():
                for fips in (False, True):
                    for dual in (False, True):
                        def note(request, **more):
                            rows[f"{service} {region} {int(fips)}{int(dual)}"] = request.url.split("/")[2]
                            raise Stop
                        try:
                            config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual,
                                            s3={"us_east_1_regional_endpoint": "regional"})
                            client = boto3.client(service, region_name=region, config=config,
                                                  aws_access_key_id="a", aws_secret_access_key="b")
                            client.meta.events.register("before-send", note)
                            getattr(client, call)()
                        except (Stop, EndpointResolutionError, EndpointVariantError): pass
        print(json.dumps(rows))
        """, input: JSONValue.strings(Self.regions).text())
    let rows = try #require(try JSONValue(parsing: output).stringMap)
    // Botocore refuses combinations that a partition does not have, S3 with FIPS in China for example.
    #expect(rows.count > 130)
    for region in Self.regions {
      for (name, service) in [("athena", AWSService.athena), ("s3", .s3), ("sts", .sts), ("ecr", .ecr)] {
        for isFIPS in [false, true] {
          for isDualStack in [false, true] {
            let configuration = try AWSConfiguration(environment: [
              "AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
              "AWS_USE_FIPS_ENDPOINT": "\(isFIPS)", "AWS_USE_DUALSTACK_ENDPOINT": "\(isDualStack)",
            ])
            let endpoint = try configuration.endpoint(of: service, region: region)
            let key = "\(name) \(region) \(isFIPS ? 1 : 0)\(isDualStack ? 1 : 0)"
            if let host = rows[key] { #expect(endpoint.url.host == host, "\(key)") }
          }
        }
      }
    }
  }
}
