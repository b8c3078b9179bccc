/// How much a finding matters, in one order for every check.
public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
  /// Worth knowing; nothing is wrong.
  case info
  /// A matter of taste or of little harm.
  case low
  /// Should be mended.
  case medium
  /// Should not go out.
  case high
  /// Must not go out.
  case critical

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// Whether the first matters less.
  public static func < (first: Severity, second: Severity) -> Bool { first.rank < second.rank }

  /// The level in SARIF (2.1.0, section 3.27.10).
  var sarifLevel: String {
    switch self {
    case .info, .low: "note"
    case .medium: "warning"
    case .high, .critical: "error"
    }
  }

  /// The command of a GitHub workflow that makes an annotation of it.
  var annotation: String {
    switch self {
    case .info, .low: "notice"
    case .medium: "warning"
    case .high, .critical: "error"
    }
  }
}
