import Glibc
import Host
import JSON
import TestSupport
import Testing

@testable import GlueAthena

/// `health --deep` against a fake Athena and its S3, with its whole output.
@Suite struct DeepHealthTests {
  private func withServer(
    _ fault: @escaping @Sendable (String, Int) -> FakeAthena.Fault? = { _, _ in nil },
    _ body: (FakeAthena) throws -> Void
  ) rethrows {
    let server = FakeAthena(fault: fault) { _ in .init() }
    defer { server.stop() }
    try body(server)
  }

  @Test func `Athena, S3 and Spark answer`() throws {
    try withServer { server in
      let image = try FakeImage.open(submit: "echo noise; echo 'Spark 3.5.4 executed a job'")
      let result = try image.run("health", "--deep", environment: server.environment)
      #expect(
        image.masked(result.text) == """
          deep: healthy, 4 of 4 checks passed in 0.000 s
            ok    aws-credentials  0.000 s  key AKIDEXAMPLE, in eu-central-1
            ok    athena           0.000 s  the workgroup primary answers, Athena engine version 3
            ok    s3               0.000 s  the bucket athena-results answers; results are stored in s3://athena-results/group/
            ok    spark-job        0.000 s  Spark 3.5.4 executed a job

          """)
      #expect(result.status == 0)
      #expect(server.inputs(of: "GetWorkGroup") == [.object(["WorkGroup": .string("primary")])])
      #expect(server.count("HeadBucket") == 1)
    }
  }

  @Test func `without credentials nothing is started, and the reason comes within a second`() throws {
    let image = try FakeImage.open(submit: "touch /work/started")
    let time = Stopwatch()
    let result = try image.run("health", "--deep", environment: ["AWS_EC2_METADATA_DISABLED": "true"])
    #expect(time.seconds < 5)
    #expect(
      image.masked(result.text) == """
        deep: unhealthy, 0 of 4 checks passed in 0.000 s
          FAIL  aws-credentials  0.000 s  there are no AWS credentials: the environment has none; the container's credential service has none; AWS_EC2_METADATA_DISABLED is set
                hint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, or give the container a role
          FAIL  athena           0.000 s  not asked: there are no credentials
                hint: mend the check before it
          FAIL  s3               0.000 s  not asked: there are no credentials
                hint: mend the check before it
          FAIL  spark-job        0.000 s  not executed: there are no credentials
                hint: health --deep --only spark asks for nothing else

        """)
    #expect(result.status == 1)
    #expect(!Files.exists(image.root + "/work/started"))
  }

  @Test func `one half is asked for alone`() throws {
    try withServer { server in
      let image = try FakeImage.open(submit: "exit 1")
      let services = try image.run("health", "--deep", "--only", "aws", environment: server.environment)
      #expect(services.status == 0)
      #expect(services.text.hasPrefix("deep: healthy, 3 of 3 checks passed"))
      let spark = try image.run("health", "--deep", "--only", "spark")
      #expect(spark.status == 1)
      #expect(spark.text.hasPrefix("deep: unhealthy, 0 of 1 checks passed"))
    }
    let wrong = try FakeImage().run("health", "--only", "aws")
    #expect(wrong.status == 2)
    #expect(
      wrong.errorText == """
        glue-athena: --only names a half of the deep checks
        hint: glue-athena health --deep --only spark

        """)
  }

  /// Variables, what goes wrong, and what each failing check says.
  static let faults:
    [(
      variables: [String: String], fault: @Sendable (String, Int) -> FakeAthena.Fault?,
      failing: [(check: String, detail: String)]
    )] = [
      (["AWS_ATHENA_WORK_GROUP": "enforced", "AWS_ATHENA_S3_STAGING_DIR": "s3://elsewhere/a/"], { _, _ in nil }, []),
      (["AWS_ATHENA_WORK_GROUP": "managed"], { _, _ in nil }, []),
      (["AWS_ATHENA_WORK_GROUP": "bare", "AWS_ATHENA_S3_STAGING_DIR": "s3://athena-results/a/"], { _, _ in nil }, []),
      (
        ["AWS_ATHENA_WORK_GROUP": "bare"], { _, _ in nil },
        [("s3", "neither the workgroup bare nor AWS_ATHENA_S3_STAGING_DIR says where results are stored")]
      ),
      (
        ["AWS_ATHENA_S3_STAGING_DIR": "s3://elsewhere/a/"], { _, _ in nil },
        [("s3", "S3 HeadBucket of s3://elsewhere/: there is no such bucket")]
      ),
      (
        ["AWS_ATHENA_S3_STAGING_DIR": "/tmp"], { _, _ in nil }, [("s3", "AWS_ATHENA_S3_STAGING_DIR is \"/tmp\"")]
      ),
      (
        ["AWS_ATHENA_WORK_GROUP": "off"], { _, _ in nil },
        [
          ("athena", "the workgroup off is disabled"),
          ("s3", "not asked: the workgroup did not say where results are stored"),
        ]
      ),
      (
        ["AWS_ATHENA_WORK_GROUP": "missing"], { _, _ in nil },
        [
          ("athena", "Athena GetWorkGroup failed: InvalidRequestException: WorkGroup is not found."),
          ("s3", "not asked: the workgroup did not say where results are stored"),
        ]
      ),
      (
        ["AWS_ATHENA_S3_STAGING_DIR": "s3://athena-results/a/"],
        { operation, _ in operation == "GetWorkGroup" ? .denied : nil },
        [
          (
            "athena",
            "Athena GetWorkGroup failed: AccessDeniedException: User is not authorized to perform: athena:GetWorkGroup"
          )
        ]
      ),
      ([:], { operation, count in operation == "GetWorkGroup" && count < 3 ? .throttled : nil }, []),
      (
        [:], { operation, _ in operation == "HeadBucket" ? .denied : nil },
        [("s3", "S3 HeadBucket of s3://athena-results/: these credentials may not see it")]
      ),
      (
        ["AWS_REGION": "", "AWS_DEFAULT_REGION": ""], { _, _ in nil },
        [
          ("aws-credentials", "no AWS region is set"), ("athena", "not asked: there are no credentials"),
          ("s3", "not asked: there are no credentials"),
        ]
      ),
      (
        ["AWS_PROFILE": "nobody"], { _, _ in nil },
        [
          ("aws-credentials", "AWS_PROFILE: there is no profile \"nobody\" in /nowhere or /nowhere"),
          ("athena", "not asked: there are no credentials"), ("s3", "not asked: there are no credentials"),
        ]
      ),
    ]

  @Test(arguments: faults.indices)
  func `what does not answer is said in its own check`(index: Int) throws {
    let example = Self.faults[index]
    try withServer(example.fault) { server in
      let variables = server.environment.merging(example.variables) { $1 }
      let result = try FakeImage.open().run(
        "health", "--deep", "--only", "aws", "--format", "json", environment: variables)
      let checks = try #require(try JSONValue(parsing: result.text)["checks"]?.array)
      #expect(checks.compactMap { $0["name"]?.string } == ["aws-credentials", "athena", "s3"])
      let failing = checks.filter { $0["ok"] == .bool(false) }
      #expect(failing.map { $0["name"]?.string } == example.failing.map(\.check))
      #expect(failing.map { $0["detail"]?.string } == example.failing.map(\.detail))
      #expect(failing.allSatisfy { $0["hint"]?.string?.isEmpty == false })
      #expect(checks.allSatisfy { $0["seconds"] != nil })
      #expect(result.status == (example.failing.isEmpty ? 0 : 1))
      #expect(!(result.text + result.errorText).contains("hidden-secret"))
    }
  }

  @Test func `a service that takes connections and says nothing ends with the time limit`() throws {
    let listener = SocketListener { connection in
      var byte: UInt8 = 0
      while read(connection, &byte, 1) > 0 {}
    }
    defer { listener.stop() }
    let variables = [
      "AWS_ENDPOINT_URL": "http://127.0.0.1:\(listener.port)", "AWS_ACCESS_KEY_ID": "AKID",
      "AWS_SECRET_ACCESS_KEY": "s",
      "AWS_REGION": "eu-central-1",
    ]
    let time = Stopwatch()
    let result = try FakeImage.open().run(
      "health", "--deep", "--only", "aws", "--timeout", "0.5", environment: variables)
    #expect(time.seconds < 5)
    #expect(result.text.contains("there was no answer within 0.500 s\n"))
    #expect(result.status == 1)
  }

  @Test func `a signal ends the checks as it ends any program`() throws {
    try withServer({ operation, _ in operation == "GetWorkGroup" ? .throttled : nil }) { server in
      let image = try FakeImage.open()
      let result = try image.run(
        ["health", "--deep", "--only", "aws"], environment: server.environment,
        under: ["timeout", "--preserve-status", "--signal=INT", "0.15"])
      #expect(result.status == 128 + SIGINT)
      #expect(result.text == "")
    }
  }
}
