import Glibc
import Host
import JSON
import Testing

@testable import GlueAthena

/// Health and metrics over HTTP, asked by curl.
@Suite(.serialized) struct ServeTests {
  /// Runs a job that asks the server beside it and prints the answers.
  private func answers(_ image: FakeImage, _ requests: [String]) throws -> [String] {
    let listener = try Listener(at: ListenAddress(host: "127.0.0.1", port: 0))
    let port = listener.port
    // The port is free again when the listener is gone; nobody else is likely to take it meanwhile.
    _ = consume listener
    let asking = requests.map {
      "curl -s --max-time 20 \($0.replacing("URL", with: "http://127.0.0.1:\(port)"))\necho\n"
    }
    try image.write(
      "/usr/local/lib/python3.11/dist-packages/pyspark/bin/spark-submit", "#!/bin/sh\n\(asking.joined())", mode: 0o755)
    let result = try image.run("run", "--serve", "127.0.0.1:\(port)", "job.py", "--JOB_NAME", #"a "b""#)
    #expect(result.status == 0)
    return result.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test func `a job's server answers probes, and ends with the job`() throws {
    let image = try FakeImage.open()
    let answers = try answers(
      image,
      [
        "-o /dev/null -w '%{http_code} %{content_type}' URL/healthz", "URL/readyz",
        "-o /dev/null -w '%{http_code}' 'URL/readyz?verbose'", "-o /dev/null -w '%{http_code}' URL/nothing",
        "-o /dev/null -w '%{http_code}' -X POST URL/healthz",
        "-I -o /dev/null -w '%{http_code} %{size_download}' URL/metrics",
      ])
    #expect(answers[0] == "200 application/json")
    let report = try JSONValue(parsing: answers[1])
    #expect(report["ok"]?.bool == true)
    #expect(report["checks"]?.array?.count == 14)
    #expect(answers.filter { !$0.isEmpty }.dropFirst(2) == ["200", "404", "405", "200 0"])
  }

  @Test func `a container that is not ready says so with 503`() throws {
    let image = try FakeImage.open()
    try Files.remove(image.root + "/usr/share/glue-athena/lock.json")
    let answers = try answers(image, ["-o /dev/null -w '%{http_code}' URL/readyz", "URL/metrics"])
    #expect(answers[0] == "503")
    #expect(answers.contains("glue_athena_ready 0"))
    #expect(answers.contains(#"glue_athena_check_ok{check="lock"} 0"#))
  }

  @Test func `metrics are Prometheus text, with the job and the container`() throws {
    let image = try FakeImage.open()
    let lines = try answers(image, ["URL/metrics"]).filter { !$0.isEmpty }
    #expect(lines.contains("glue_athena_live 1"))
    #expect(lines.contains("glue_athena_memory_limit_bytes \(4 << 30)"))
    #expect(lines.contains { $0.hasPrefix(#"glue_athena_job_info{application="",job="a \"b\"",run="jr_"#) })
    // Prometheus's text format: each sample's family was introduced by HELP and TYPE, and once only.
    var families: [String] = []
    for line in lines {
      if line.hasPrefix("# TYPE ") {
        families.append(String(line.split(separator: " ")[2]))
      } else if !line.hasPrefix("# HELP ") {
        #expect(line.prefix { $0 != " " && $0 != "{" } == families.last ?? "")
        #expect(Double(line.split(separator: " ").last ?? "") != nil)
      }
    }
    #expect(families.count == Set(families).count)
    #expect(families.count > 8)
  }

  @Test func `an address that can't be had stops the job before it starts`() throws {
    let image = try FakeImage.open(submit: "echo started")
    let taken = try Listener(at: ListenAddress(host: "127.0.0.1", port: 0))
    let result = try image.run("run", "--serve", "127.0.0.1:\(taken.port)", "job.py")
    #expect(result.status == 4)
    #expect(result.text == "")
    #expect(result.errorText == "glue-athena: cannot listen on 127.0.0.1:\(taken.port): Address already in use\n")
    #expect(try image.run("run", "--serve", "somewhere", "job.py").status == 2)
  }

  static let addresses: [(text: String, address: ListenAddress?)] = [
    ("8080", ListenAddress(host: "0.0.0.0", port: 8080)), (":1", ListenAddress(host: "0.0.0.0", port: 1)),
    ("localhost:80", ListenAddress(host: "127.0.0.1", port: 80)), ("[::1]:80", ListenAddress(host: "::1", port: 80)),
    ("::1:80", nil), ("host", nil), ("1.2.3.4:", nil), ("1.2.3.4:65536", nil), ("1.2.3.4:+1", nil), ("", nil),
  ]

  @Test(arguments: addresses) func `addresses are read`(example: (text: String, address: ListenAddress?)) {
    #expect((try? ListenAddress(parsing: example.text)) == example.address)
  }

  static let requests: [(text: String, request: String?)] = [
    ("GET /a?b HTTP/1.1\r\nHost: x\r\n", "GET /a"), ("HEAD / HTTP/1.0\r\n", "HEAD /"), ("GET a HTTP/1.1", nil),
    ("GET / HTTP/2", nil), ("", nil), ("GET  / HTTP/1.1", nil), ("\u{16}\u{3}\u{1}", nil),
  ]

  @Test(arguments: requests) func `a request's first line is read`(example: (text: String, request: String?)) {
    let request = HTTPExchange.Request(parsing: Array(example.text.utf8))
    #expect(request.map { "\($0.method) \($0.path)" } == example.request)
  }

  @Test func `probes hold the image's own check, in YAML and JSON`() throws {
    let image = try FakeImage()
    let ecs = try JSONValue(parsing: try image.run("probes", "ecs").text)
    #expect(ecs["healthCheck"]?["command"]?.strings == ["CMD", "/usr/local/bin/glue-athena", "health", "--ready"])
    #expect(try image.run("probes", "compose").text.contains("stop_grace_period: 10s\n"))
    #expect(try image.run("probes", "kubernetes").text.hasPrefix("startupProbe:\n  exec:\n"))
    #expect(try image.run("probes", "nomad").status == 2)
    #expect(try image.run("probes").status == 2)
  }
}
