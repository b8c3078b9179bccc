internal import Findings

/// What a test found wrong, one sentence each.
struct Verdict: Sendable {
  private(set) var problems: [String] = []
  /// What the test printed.
  var output = ""
  /// What it found out.
  var detail: String?

  init() {}

  init(problem: String, output: String = "") {
    problems = [problem]
    self.output = output
  }

  mutating func note(_ problem: String) { problems.append(problem) }

  /// The error as a sentence with its hint.
  mutating func note(_ error: VerificationError) {
    problems.append(error.hint.map { "\(error) (\($0))" } ?? error.description)
  }

  /// Compares a text with what is expected of it.
  mutating func check(_ text: String, _ what: String, _ expectation: Expectation, isCut: Bool = false) {
    let cut = isCut ? ", of which only the beginning was kept" : ""
    for pattern in expectation.expected where !pattern.matches(text) {
      note("\(what) has nothing that matches '\(pattern)'\(cut)")
    }
    for pattern in expectation.excluded where pattern.matches(text) {
      note("\(what) matches '\(pattern)', which it must not")
    }
  }

  func testCase(_ name: String, group: String, duration: Duration) -> TestReport.Case {
    TestReport.Case(
      name: name, group: group, duration: duration,
      outcome: problems.isEmpty ? .passed : .failed(reason: problems.joined(separator: "; "), output: output),
      detail: detail)
  }
}
