/// What versions a dependency admits: a recommendation, or ranges (POM reference, "Dependency Version Requirement Specification").
public struct MavenVersionRange: Sendable, Hashable, CustomStringConvertible {
  /// One interval; an absent bound admits everything on its side.
  public struct Interval: Sendable, Hashable {
    /// The lower bound.
    public let lower: Bound?
    /// The upper bound.
    public let upper: Bound?

    /// Whether a version lies between the bounds.
    public func contains(_ version: MavenVersion) -> Bool {
      if let lower, version < lower.version || version == lower.version && !lower.isInclusive { return false }
      if let upper, upper.version < version || version == upper.version && !upper.isInclusive { return false }
      return true
    }
  }

  /// An end of an interval.
  public struct Bound: Sendable, Hashable {
    /// The version at the end.
    public let version: MavenVersion
    /// Whether the version itself is in.
    public let isInclusive: Bool
  }

  /// The requirement as written.
  public let description: String
  /// The intervals, of which one must hold; empty for a recommendation.
  public let intervals: [Interval]

  /// The version of a requirement that is no range: what is taken unless something nearer says otherwise.
  public var recommended: MavenVersion? { intervals.isEmpty ? MavenVersion(description) : nil }

  /// Whether a version satisfies the requirement; a recommendation admits all.
  public func admits(_ version: MavenVersion) -> Bool {
    intervals.isEmpty || intervals.contains { $0.contains(version) }
  }

  /// Reads `1.0`, `[1.0]`, `[1.0,2.0)`, `(,1.0],[1.2,)`.
  public init(parsing text: String) throws(VersionNotationError) {
    var scanner = UTF8Scanner(text)
    scanner.skipWhitespace()
    description = text.split(whereSeparator: \.isWhitespace).joined()
    guard !description.isEmpty else { throw scanner.error("Maven version", expected: "a version") }
    guard scanner.current == UInt8(ascii: "[") || scanner.current == UInt8(ascii: "(") else {
      guard !description.utf8.contains(where: { ",[]()/\\".utf8.contains($0) }) else {
        throw scanner.error("Maven version", expected: "a version without brackets, commas and slashes")
      }
      intervals = []
      return
    }
    var intervals: [Interval] = []
    repeat {
      scanner.skipWhitespace()
      intervals.append(try Self.interval(&scanner))
      scanner.skipWhitespace()
    } while scanner.take(UInt8(ascii: ","))
    guard scanner.isAtEnd else { throw scanner.error("Maven version range", expected: "',' or the end") }
    self.intervals = intervals
  }

  private static func interval(_ scanner: inout UTF8Scanner) throws(VersionNotationError) -> Interval {
    func version() -> MavenVersion? {
      scanner.skipWhitespace()
      let text = scanner.takeWhile { !$0.isASCIIWhitespace && !",[]()".utf8.contains($0) }
      scanner.skipWhitespace()
      return text.isEmpty ? nil : MavenVersion(text)
    }
    let includesLower = scanner.take(UInt8(ascii: "["))
    guard includesLower || scanner.take(UInt8(ascii: "(")) else {
      throw scanner.error("Maven version range", expected: "'[' or '('")
    }
    let lower = version()
    let isPair = scanner.take(UInt8(ascii: ","))
    let upper = isPair ? version() : lower
    let includesUpper = scanner.take(UInt8(ascii: "]"))
    guard includesUpper || scanner.take(UInt8(ascii: ")")) else {
      throw scanner.error("Maven version range", expected: "']' or ')'")
    }
    guard isPair || (includesLower && includesUpper && lower != nil) else {
      throw scanner.error("Maven version range", expected: "one version in '[' and ']', or two with ',' between them")
    }
    return Interval(
      lower: lower.map { Bound(version: $0, isInclusive: includesLower) },
      upper: upper.map { Bound(version: $0, isInclusive: includesUpper) })
  }
}
