import Findings
import JSON
import Resolution
import Testing

@testable import Commands

/// What a person reads of an update, made of values.
@Suite struct `Update summary` {
  static func failed(_ output: String, reason: String = "exited with code 1, expected code 0") -> TestReport.Case {
    TestReport.Case(
      name: "spark-pandas", group: "command", duration: .zero, outcome: .failed(reason: reason, output: output))
  }

  static let outputs: [(output: String, error: String)] = [
    (
      """
      Traceback (most recent call last):
        File "/usr/local/lib/python3.9/dist-packages/pyspark/sql/pandas/conversion.py", line 474, in _convert
          for column, series in pdf.iteritems():
      AttributeError: 'DataFrame' object has no attribute 'iteritems'
      """, "AttributeError: 'DataFrame' object has no attribute 'iteritems'"
    ),
    (
      "java.lang.IllegalStateException: no context\n\tat a.b.C.d(C.java:1)\n",
      "java.lang.IllegalStateException: no context"
    ),
    ("nothing of use: here\n", "exited with code 1, expected code 0"), ("", "exited with code 1, expected code 0"),
  ]

  @Test(arguments: outputs) func `the error is the test's own last one`(_ output: String, _ error: String) {
    #expect(UpdateTrials.error(in: Self.failed(output)) == error)
  }

  @Test func `suspects are the locked packages whose files the output names, the last first`() throws {
    let lock = try LockOfPackages.lock(["pandas 2.0.0", "pyspark 3.3.0", "python-dateutil 2.9.0", "numpy 2.0.0"])
    let report = TestReport(
      subject: "x",
      cases: [
        Self.failed(
          """
            File "/usr/local/lib/python3.9/dist-packages/pyspark/sql/session.py", line 1
            File "/usr/lib/python3/site-packages/python_dateutil/x.py", line 2
            File "/usr/local/lib/python3.9/dist-packages/pandas/core/generic.py", line 5989
            File "/usr/lib/python3/dist-packages/other/x.py", line 2
          """)
      ])
    #expect(
      UpdateTrials.suspects(in: report, of: lock).map(\.name) == ["pandas", "python-dateutil", "pyspark"])
  }

  static let culprit = UpdateSearch.Culprit(
    name: PinName(.python, "pandas"), good: "1.5.3", bad: "2.0.0",
    failures: [
      UpdateVerdict.Failure(
        test: "spark-pandas", error: "AttributeError: 'DataFrame' object has no attribute 'iteritems'")
    ])

  private func summary(dryRun: Bool = false) throws -> UpdateSummary {
    UpdateSummary(
      image: "images/x",
      changes: LockChanges(
        from: LockFile(try LockOfPackages.lock(["pandas 1.5.1", "numpy 1.23.0"])),
        to: LockFile(try LockOfPackages.lock(["pandas 1.5.3", "numpy 1.23.0"]))),
      outcome: UpdateSearch.Outcome(trial: UpdateTrial(), culprits: [Self.culprit], failures: Self.culprit.failures),
      trials: 9, isDryRun: dryRun)
  }

  @Test func `the text names the version, the test and its error`() throws {
    let expected = """
      pandas 2.0.0 is the first that breaks `spark-pandas`: 'DataFrame' object has no attribute 'iteritems'
        kept at 1.5.3; to hold it for good: constraints: ["pandas<2.0.0"]
      images/x: 1 changes (2 python)
              PACKAGE  FROM   TO
      python  pandas   1.5.1  1.5.3
      9 sets built and tested

      """
    #expect(try summary().text == expected)
  }

  @Test func `the Markdown is fit for a pull request`() throws {
    let expected = """
      ## Update of `images/x`

      | | package | from | to |
      | --- | --- | --- | --- |
      | python | pandas | 1.5.1 | 1.5.3 |

      ### Held back

      - pandas 2.0.0 is the first that breaks `spark-pandas`: 'DataFrame' object has no attribute 'iteritems'. Kept at 1.5.3.

      All tests passed (9 sets tried).

      """
    #expect(try summary().markdown == expected)
    #expect(try summary().json["held"]?.array?.first?["bad"]?.string == "2.0.0")
  }

  @Test func `an update without a good set says what fails`() throws {
    let lock = LockFile(try LockOfPackages.lock(["pandas 1.5.1"]))
    let summary = UpdateSummary(
      image: "images/x", changes: LockChanges(from: lock, to: lock),
      outcome: UpdateSearch.Outcome(
        trial: nil, culprits: [], failures: [UpdateVerdict.Failure(test: "a|b", error: "no\nway")]), trials: 2,
      isDryRun: false)
    #expect(summary.text == "images/x: no set of pins passes the tests; nothing was changed\n  a|b: no\nway\n")
    #expect(summary.markdown.hasSuffix("| a\\|b | no way |\n"))
  }
}

/// A lock of Python packages and nothing else.
enum LockOfPackages {
  static func lock(_ packages: [String]) throws -> Lock {
    let entries = packages.map { pair in
      let parts = pair.split(separator: " ")
      return """
        {
          "dependencies": [], "name": "\(parts[0])", "version": "\(parts[1])",
          "file": {"name": "\(parts[0])-\(parts[1])-py3-none-any.whl", "sha256": "\(String(repeating: "a", count: 64))"}
        }
        """
    }
    let text = """
      {
        "compressor": "gzip", "date": "2024-05-01T12:00:00Z", "name": "sample", "platform": "linux/amd64",
        "python": {
          "build": [], "glibc": "2.36", "test": [], "version": "3.11", "packages": [\(entries.joined(separator: ","))]
        },
        "spec": "sha256:\(String(repeating: "0", count: 64))", "version": 1
      }
      """
    return try Lock(parsing: Array(text.utf8))
  }
}

@Suite struct `Unified diffs` {
  static let tables: [(old: String, new: String, diff: String)] = [
    ("a\n", "a\n", ""), ("", "a\n", "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n"),
    ("a\n", "", "--- f\n+++ f\n@@ -1,1 +0,0 @@\n-a\n"),
    (
      "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nX\n6\n7\n8\n9\n",
      "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n"
    ),
    ("a", "a\n", "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n"),
  ]

  @Test(arguments: tables) func `a difference is written as diff -u does`(_ old: String, _ new: String, _ diff: String)
  {
    #expect(UnifiedDiff(from: old, to: new, name: "f").text == diff)
  }
}
