import Findings
import Host
import OCI
import Testing

@testable import Verification

/// Imports, scripts and services with the machine's own Python, whose `/usr` an image without files sees.
@Suite(.serialized) struct PythonRunnerTests {
  private let fixture: ImageFixture
  private let options = "containerRunOptions: {bindMounts: ['/usr:/usr:ro']}\n"

  init() throws {
    fixture = try ImageFixture()
    // The program of the fixture's image makes place for the machine's.
    try Files.remove(fixture.root + "/bin")
    for name in ["bin", "lib", "lib64"] where Files.exists("/usr/" + name) {
      try Files.link(fixture.root + "/" + name, to: "usr/" + name)
    }
    try Files.createDirectory(fixture.root + "/usr")
  }

  private func run(_ text: String, testSite: String? = nil) async throws -> TestReport {
    let image = fixture.image(testSite: testSite) { $0.environment = ["PATH=/usr/bin"] }
    return await fixture.runner(image).run(
      try TestSpecification(parsing: "schemaVersion: 2.0.0\n" + options + text))
  }

  @Test func `each import is reported, also after one that fails`() async throws {
    let report = try await run("imports: [json, no_such_module, xml.dom]")
    #expect(report.cases.map(\.name) == ["import json", "import no_such_module", "import xml.dom"])
    #expect(report.cases.map(\.hasPassed) == [true, false, true])
    #expect(report.cases[0].detail == "2.0.9")
    guard case .failed(let reason, _) = report.cases[1].outcome else { return }
    #expect(reason == "ModuleNotFoundError: No module named 'no_such_module'")
  }

  /// A module that ends the interpreter must not pass those after it.
  @Test func `an import that ends Python fails with all that follow`() async throws {
    try Files.write("import os; os.abort()", to: fixture.folder + "/aborts.py")
    let path = "globalEnvVars: [{key: PYTHONPATH, value: \(ContainerSettings.testFolder)}]\n"
    let report = try await run(path + "imports: [json, aborts, csv]")
    #expect(report.cases.map(\.hasPassed) == [true, false, false])
    #expect(
      report.failures.map(\.outcome).allSatisfy { outcome in
        guard case .failed(let reason, _) = outcome else { return false }
        return reason == "python3 was ended by signal 6"
      })
  }

  private func writeServer(_ body: String) throws -> String {
    let site = fixture.folder + "/site"
    try Files.createDirectory(site + "/moto")
    try Files.write("", to: site + "/moto/__init__.py")
    try Files.write(body, to: site + "/moto/server.py")
    return site
  }

  @Test func `a service is started from the packages for tests and found by its address`() async throws {
    let site = try writeServer(
      """
      import http.server, sys
      class Handler(http.server.BaseHTTPRequestHandler):
          def do_GET(self):
              self.send_response(200)
              self.end_headers()
              self.wfile.write(b"answer")
      http.server.HTTPServer((sys.argv[2], int(sys.argv[4])), Handler).serve_forever()
      """)
    try Files.write(
      """
      import json, os, sys, urllib.request
      answer = urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"]).read().decode()
      ok = answer == "answer" and "PYTHONPATH" not in os.environ
      print(json.dumps({"check": "asks", "ok": ok, "detail": answer}))
      """, to: fixture.folder + "/ask.py")
    let text = "scripts:\n- {name: a, file: ask.py, services: [moto]}\n- {name: b, file: ask.py, services: [moto]}"
    let report = try await run(text, testSite: site)
    #expect(report.cases.map(\.name) == ["a: asks", "b: asks"])
    #expect(report.hasPassed, "\(report.text())")
    #expect(processes(with: "moto.server", seeing: fixture.root) == 0)
  }

  @Test func `a service that ends is a failure with its last words`() async throws {
    let site = try writeServer("raise SystemExit('no port')")
    let report = try await run("scripts: [{name: a, file: a.py, services: [moto]}]", testSite: site)
    #expect(
      report.failures.first?.outcome
        == .failed(reason: "the service moto exited with code 1: no port", output: ""))
  }
}
