public import Versions

/// One name in a dependency, for example `glibc >= 2.34` (rpm-dependencies(7)).
public struct RPMRelation: Sendable, Hashable, CustomStringConvertible {
  /// How versions must compare.
  public struct Comparison: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: UInt8
    /// Makes a comparison of its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Earlier.
    public static let less = Comparison(rawValue: 1)
    /// Later.
    public static let greater = Comparison(rawValue: 2)
    /// Equal.
    public static let equal = Comparison(rawValue: 4)

    /// `<`, `<=`, `=`, `>=` or `>`; nil for anything else.
    init?(sign: some StringProtocol) {
      switch sign {
      case "<": self = .less
      case "<=": self = [.less, .equal]
      case "=", "==": self = .equal
      case ">=": self = [.greater, .equal]
      case ">": self = .greater
      default: return nil
      }
    }

    /// The words of repository metadata: `LT`, `LE`, `EQ`, `GE`, `GT`.
    init?(word: some StringProtocol) {
      switch word {
      case "LT": self = .less
      case "LE": self = [.less, .equal]
      case "EQ": self = .equal
      case "GE": self = [.greater, .equal]
      case "GT": self = .greater
      default: return nil
      }
    }

    var sign: String {
      (contains(.less) ? "<" : contains(.greater) ? ">" : "") + (contains(.equal) ? "=" : "")
    }
  }

  /// A capability: a package, a library, a file's path or anything else that packages provide.
  public let name: String
  /// How the version must compare; empty when every version will do.
  public let comparison: Comparison
  /// The version that is compared with, if there is a comparison.
  public let version: RPMVersion?

  /// Joins the parts.
  public init(name: String, comparison: Comparison = [], version: RPMVersion? = nil) {
    self.name = name
    self.comparison = version == nil ? [] : comparison
    self.version = version
  }

  /// Reads `name` or `name OPERATOR version`.
  public init(parsing text: some StringProtocol) throws(RPMError) {
    let words = text.split { $0 == " " || $0 == "\t" }
    func refusal(_ reason: String) -> RPMError { .malformed("the dependency '\(text)'", reason: reason) }
    switch words.count {
    case 1: self.init(name: String(words[0]))
    case 3:
      guard let comparison = Comparison(sign: words[1]) else { throw refusal("expected one of < <= = >= >") }
      do {
        self.init(
          name: String(words[0]), comparison: comparison, version: try RPMVersion(parsing: String(words[2])))
      } catch { throw refusal("\(error)") }
    default: throw refusal("expected a name, or a name with an operator and a version")
    }
  }

  /// Whether what one side provides meets what the other asks for: whether some version satisfies both.
  public func overlaps(_ other: RPMRelation) -> Bool {
    guard name == other.name else { return false }
    guard let version, let theirs = other.version else { return true }
    let order = version.compareAsDependency(theirs)
    if order < 0 { return comparison.contains(.greater) || other.comparison.contains(.less) }
    if order > 0 { return comparison.contains(.less) || other.comparison.contains(.greater) }
    return !comparison.isDisjoint(with: other.comparison)
  }

  /// The notation of spec files.
  public var description: String { version.map { "\(name) \(comparison.sign) \($0)" } ?? name }
}
