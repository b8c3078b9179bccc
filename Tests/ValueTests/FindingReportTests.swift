import Findings
import JSON
import Testing

@Suite struct `Finding reports` {
  static let moved = Finding.Rule(
    "pin/moved", .low, "Every pin stays", explanation: "A pin that moves makes another image.")
  static let stale = Finding.Rule(
    "lock/stale", .high, "The lock is fresh", explanation: "A stale lock locks nothing.")
  static let quiet = Finding.Rule("pin/quiet", .info, "Nothing to say", explanation: "Never found here.")

  static let report = FindingReport(
    subject: "images/demo", rules: [stale, moved, quiet],
    findings: [
      Finding(
        moved, at: Finding.Place("images/a b/drydock.lock", line: 7, column: 3), subject: "pandas 1.0",
        "pandas <2> is there & \"new\": 100%", hint: "drydock update images/demo, or not"),
      Finding(stale, "the lock is stale"),
      Finding(moved, severity: .critical, at: Finding.Place("images/a b/drydock.lock", line: 2), "first"),
      // The same once more counts once.
      Finding(stale, "the lock is stale"),
    ])

  @Test func `the worst come first, and equal findings count once`() {
    #expect(
      Self.report.findings.map(\.message) == ["first", "the lock is stale", "pandas <2> is there & \"new\": 100%"])
    #expect(Self.report.counts.map(\.count) == [1, 1, 1])
    #expect(Self.report.rules.map(\.id) == ["lock/stale", "pin/moved", "pin/quiet"])
  }

  static let gates: [(threshold: Severity?, failures: Int)] = [
    (nil, 0), (.critical, 1), (.high, 2), (.medium, 2), (.low, 3), (.info, 3),
  ]

  @Test(arguments: gates) func `a gate counts what reaches its threshold`(_ threshold: Severity?, _ failures: Int) {
    #expect(Self.report.failures(atOrAbove: threshold).count == failures)
  }

  @Test func `the text is a line and a hint for each finding, then the counts`() {
    let expected = """
      images/a b/drydock.lock:2: critical: first [pin/moved]
      high: the lock is stale [lock/stale]
      images/a b/drydock.lock:7:3: low: pandas <2> is there & "new": 100% [pin/moved]
        hint: drydock update images/demo, or not
      images/demo: 3 findings (1 critical, 1 high, 1 low)

      """
    #expect(Self.report.text() == expected)
    #expect(Self.report.text(color: true).contains("\u{1B}[31mhigh\u{1B}[0m: the lock"))
    #expect(
      FindingReport(subject: "x", rules: [Self.stale], findings: []).text() == "x: nothing found by 1 rules\n")
  }

  @Test func `JSON leaves out what is not known`() {
    let expected = """
      {
        "counts": {
          "high": 1
        },
        "findings": [
          {
            "message": "the lock is stale",
            "rule": "lock/stale",
            "severity": "high"
          }
        ],
        "rules": [
          "lock/stale"
        ],
        "subject": "x"
      }

      """
    let report = FindingReport(subject: "x", rules: [], findings: [Finding(Self.stale, "the lock is stale")])
    #expect(report.json.canonicalText == expected)
  }

  @Test func `SARIF has rules, levels, places and fingerprints`() throws {
    let run = try #require(Self.report.sarif(version: "1.2.3")["runs"]?.array?.first)
    let driver = try #require(run["tool"]?["driver"])
    #expect(driver["version"]?.string == "1.2.3")
    #expect(driver["rules"]?.array?.map { $0["id"]?.string } == ["lock/stale", "pin/moved", "pin/quiet"])
    let expected = """
      {"ruleId":"pin/moved","ruleIndex":1,"level":"note","message":{"text":"pandas <2> is there & \\"new\\": 100%\\n\
      hint: drydock update images/demo, or not"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":\
      "images/a%20b/drydock.lock"},"region":{"startLine":7,"startColumn":3}},"logicalLocations":[\
      {"fullyQualifiedName":"pandas 1.0"}]}],"partialFingerprints":{"drydock/v1":\
      "pin/moved|images/a b/drydock.lock|pandas 1.0|pandas <2> is there & \\"new\\": 100%"},\
      "properties":{"severity":"low"}}
      """
    #expect(run["results"]?.array?.last?.text() == expected)
    #expect(run["results"]?.array?.map { $0["level"]?.string } == ["error", "error", "note"])
    #expect(run["results"]?.array?[1]["locations"] == nil)
  }

  @Test func `JUnit has a case for each finding and each rule that held`() {
    let expected = """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites>
        <testsuite id="0" package="drydock" name="images/demo" timestamp="2026-11-25T10:11:12" hostname="localhost" \
      tests="4" failures="2" errors="0" skipped="0" time="0">
          <properties/>
          <testcase name="the lock is stale" classname="lock/stale" time="0">
            <failure message="the lock is stale" type="high">the lock is stale</failure>
          </testcase>
          <testcase name="first" classname="pin/moved" time="0">
            <failure message="first" type="critical">images/a b/drydock.lock:2
      first</failure>
          </testcase>
          <testcase name="pandas 1.0: pandas &lt;2&gt; is there &amp; &quot;new&quot;: 100%" classname="pin/moved" time="0"/>
          <testcase name="Nothing to say" classname="pin/quiet" time="0"/>
          <system-out/>
          <system-err/>
        </testsuite>
      </testsuites>

      """
    #expect(Self.report.junit(failingAt: .medium, at: "2026-11-25T10:11:12Z") == expected)
  }

  @Test func `annotations escape what GitHub would read as its own`() {
    let expected = """
      ::error file=images/a b/drydock.lock,line=2,title=pin/moved::first
      ::error title=lock/stale::the lock is stale
      ::notice file=images/a b/drydock.lock,line=7,col=3,title=pin/moved::pandas <2> is there & "new": 100%25%0Ahint: \
      drydock update images/demo, or not

      """
    #expect(Self.report.annotations == expected)
    let odd = FindingReport(
      subject: "x", rules: [], findings: [Finding(Self.stale, at: Finding.Place("a,b:c\r\n"), "m\r\n")])
    #expect(odd.annotations == "::error file=a%2Cb%3Ac%0D%0A,title=lock/stale::m%0D%0A\n")
  }

  @Test func `HTML escapes what others wrote`() {
    let html = Self.report.html
    #expect(html.contains("pandas &lt;2&gt; is there &amp; &quot;new&quot;: 100%"))
    #expect(!html.contains("<2>"))
    #expect(html.split(separator: "<tr>").count == 5)
  }
}
