/// One thing that a check has found: what is wrong, where, how much it matters, and what mends it.
public struct Finding: Sendable, Hashable {
  /// What a check looks for; every finding belongs to one.
  public struct Rule: Sendable, Hashable {
    /// The identifier, for example `lock/stale`: it is what people ignore a rule by, so it never changes.
    public let id: String
    /// What the rule finds, in one sentence.
    public let summary: String
    /// Why it matters, for somebody who meets it for the first time.
    public let explanation: String
    /// How much its findings matter unless one says otherwise.
    public let severity: Severity

    /// Describes a rule.
    public init(_ id: String, _ severity: Severity, _ summary: String, explanation: String) {
      self.id = id
      self.summary = summary
      self.explanation = explanation
      self.severity = severity
    }
  }

  /// A place in a file.
  public struct Place: Sendable, Hashable, Comparable {
    /// The file's path as it was given, relative to where the command ran if it can be.
    public let file: String
    /// The line, from 1.
    public let line: Int?
    /// The column in characters, from 1.
    public let column: Int?

    /// Names a place.
    public init(_ file: String, line: Int? = nil, column: Int? = nil) {
      self.file = file
      self.line = line
      self.column = line == nil ? nil : column
    }

    /// The form `FILE:LINE:COLUMN`, as far as it is known.
    public var description: String {
      [file, line.map(String.init), column.map(String.init)].compactMap(\.self).joined(separator: ":")
    }

    /// The order of a reader: by file, then down the text.
    public static func < (first: Place, second: Place) -> Bool {
      (first.file, first.line ?? 0, first.column ?? 0) < (second.file, second.line ?? 0, second.column ?? 0)
    }
  }

  /// What was looked for.
  public let rule: Rule
  /// How much it matters.
  public let severity: Severity
  /// Where it is, when it has a place in a file.
  public let place: Place?
  /// What it is about, for example `pandas 2.2.2` or a package URL.
  public let subject: String?
  /// What is wrong, in one sentence without a period.
  public let message: String
  /// What mends it, best as a command.
  public let hint: String?

  /// Describes a finding; its severity is the rule's unless it says otherwise.
  public init(
    _ rule: Rule, severity: Severity? = nil, at place: Place? = nil, subject: String? = nil, _ message: String,
    hint: String? = nil
  ) {
    self.rule = rule
    self.severity = severity ?? rule.severity
    self.place = place
    self.subject = subject
    self.message = message
    self.hint = hint
  }

  /// What stays the same while a file is edited: readers of reports know a finding again by it.
  var fingerprint: String { [rule.id, place?.file ?? "", subject ?? "", message].joined(separator: "|") }
}
