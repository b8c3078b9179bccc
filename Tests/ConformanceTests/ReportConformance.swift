import Findings
import Host
import JSON
import Testing

/// Holds what is written against the schemas of `schemas/`, with validators of others.
@Suite(.enabled(if: Fixtures.folder != nil))
struct `Report schemas` {
  static let rule = Finding.Rule("a/rule", .high, "Rules have names", explanation: "Because.")

  static let findings = FindingReport(
    subject: "images/demo & <more>", rules: [Finding.Rule("b/held", .low, "Held", explanation: "It held.")],
    findings: [
      Finding(
        rule, at: Finding.Place("a b/c:d.lock", line: 3, column: 9), subject: "x 1", "it \u{1} broke", hint: "mend"),
      Finding(rule, severity: .info, at: Finding.Place("/abs/path"), "only a file"),
      Finding(rule, severity: .critical, "no place"),
    ])

  static let tests = TestReport(
    subject: "demo",
    cases: [
      TestReport.Case(name: "a", group: "g", duration: .milliseconds(1500), outcome: .passed),
      TestReport.Case(
        name: "b <c>", group: "g", duration: .zero, outcome: .failed(reason: "no \u{2}", output: "]]> & more\n")),
    ])

  @Test func `SARIF is valid`() async throws {
    let schema = Path.join(Fixtures.folder ?? "", "schemas/sarif-2.1.0.schema.json")
    let program = """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1]))
      jsonschema.validators.validator_for(schema)(schema).validate(json.load(sys.stdin))
      """
    for report in [Self.findings, FindingReport(subject: "empty", rules: [], findings: [])] {
      let result = try await Subprocess("python3", ["-c", program, schema])
        .run(input: Array(report.sarif(version: "1.0").text(.pretty).utf8))
      #expect(result.status == 0, "\(result.errorText)")
    }
  }

  static let documents = [
    findings.junit(failingAt: .high, at: "2026-11-25T10:11:12Z"), tests.junit(at: "2026-11-25T10:11:12Z"),
    FindingReport(subject: "empty", rules: [], findings: []).junit(failingAt: nil, at: "2026-11-25T10:11:12Z"),
  ]

  @Test(arguments: documents) func `JUnit is valid`(_ document: String) async throws {
    let schema = Path.join(Fixtures.folder ?? "", "schemas/junit.xsd")
    let result = try await Subprocess("xmllint", ["--noout", "--schema", schema, "-"]).run(input: Array(document.utf8))
    #expect(result.status == 0, "\(result.errorText)")
  }
}
