import Findings
import JSON
import Testing

@Suite struct `Test reports` {
  static let report = TestReport(
    subject: "demo",
    cases: [
      TestReport.Case(
        name: "versions", group: "versions", duration: .milliseconds(12), outcome: .passed, detail: "14 equal"),
      TestReport.Case(
        name: "imports", group: "command", duration: .milliseconds(1500),
        outcome: .failed(reason: "exit code 1, expected 0", output: "Traceback <x> & \"y\"\u{1}\nImportError\n")),
    ])

  @Test func `the text has aligned lines, then the failures with their output`() {
    let expected = """
      ok    versions  0.012 s  14 equal
      FAIL  imports   1.500 s

      FAIL  imports: exit code 1, expected 0
            Traceback <x> & "y"\u{1}
            ImportError
            \("")
      1 passed, 1 failed in 1.512 s

      """
    #expect(Self.report.text() == expected)
    #expect(Self.report.text(color: true).contains("\u{1B}[31mFAIL"))
  }

  @Test func `JUnit escapes what XML can't hold`() {
    let expected = """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites>
        <testsuite id="0" package="drydock" name="demo" timestamp="2026-11-25T10:11:12" hostname="localhost" tests="2" \
      failures="1" errors="0" skipped="0" time="1.512">
          <properties/>
          <testcase name="versions" classname="demo.versions" time="0.012"/>
          <testcase name="imports" classname="demo.command" time="1.500">
            <failure message="exit code 1, expected 0" type="command">Traceback &lt;x&gt; &amp; &quot;y&quot;\u{FFFD}
      ImportError
      </failure>
          </testcase>
          <system-out/>
          <system-err/>
        </testsuite>
      </testsuites>

      """
    #expect(Self.report.junit(at: "2026-11-25T10:11:12Z") == expected)
  }

  @Test func `JSON has the counts and each failure's reason`() {
    let json = Self.report.json
    #expect(json["passed"]?.integer == 1)
    #expect(json["failed"]?.integer == 1)
    #expect(json["tests"]?.array?.last?["reason"]?.string == "exit code 1, expected 0")
    #expect(json["tests"]?.array?.first?["seconds"]?.double == 0.012)
  }

  @Test func `a report without tests has not passed`() {
    #expect(!TestReport(subject: "empty", cases: []).hasPassed)
    #expect(!Self.report.hasPassed)
  }
}
