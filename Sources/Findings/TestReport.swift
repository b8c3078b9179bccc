/// The results of a run of tests inside an image.
public struct TestReport: Sendable, Equatable {
  /// How one test ended.
  public enum Outcome: Sendable, Equatable {
    /// It held.
    case passed
    /// It did not hold: the reason in a sentence, and what the test printed.
    case failed(reason: String, output: String)
  }

  /// One test.
  public struct Case: Sendable, Equatable {
    /// The test's name, unique in the report.
    public let name: String
    /// What kind of test it is, for example `versions` or `command`.
    public let group: String
    /// How long it took.
    public let duration: Duration
    /// How it ended.
    public let outcome: Outcome
    /// What it found out, in a few words.
    public let detail: String?

    /// Describes a test that ran.
    public init(name: String, group: String, duration: Duration, outcome: Outcome, detail: String? = nil) {
      self.name = name
      self.group = group
      self.duration = duration
      self.outcome = outcome
      self.detail = detail
    }

    /// Whether it held.
    public var hasPassed: Bool { outcome == .passed }
  }

  /// What was tested, for example an image's name.
  public let subject: String
  /// The tests in the order they were given.
  public let cases: [Case]

  /// Joins tests.
  public init(subject: String, cases: [Case]) {
    self.subject = subject
    self.cases = cases
  }

  /// The tests that did not hold.
  public var failures: [Case] { cases.filter { !$0.hasPassed } }
  /// Whether all tests held; a report without tests has not passed.
  public var hasPassed: Bool { !cases.isEmpty && failures.isEmpty }
  /// How long all tests took together.
  public var duration: Duration { cases.reduce(.zero) { $0 + $1.duration } }
}
