public import Versions

/// One name in a relationship field, for example `libc6 (>= 2.36)` (Debian Policy, section 7.1).
public struct DebianRelation: Sendable, Hashable, CustomStringConvertible {
  /// How the version must compare.
  public enum Operator: String, Sendable, Hashable {
    /// Strictly earlier.
    case earlier = "<<"
    /// Earlier or equal.
    case earlierOrEqual = "<="
    /// Exactly equal.
    case equal = "="
    /// Later or equal.
    case laterOrEqual = ">="
    /// Strictly later.
    case later = ">>"
  }

  /// What a version must fulfil.
  public struct Constraint: Sendable, Hashable {
    /// The comparison.
    public let comparison: Operator
    /// What is compared with.
    public let version: DebianVersion
  }

  /// The package or virtual package.
  public let name: String
  /// What follows the colon, for example `any`; nil without one.
  public let qualifier: String?
  /// The version's bound; nil when every version will do.
  public let constraint: Constraint?

  /// Asks for any version of a package.
  public init(name: String, qualifier: String? = nil, constraint: Constraint? = nil) {
    self.name = name
    self.qualifier = qualifier
    self.constraint = constraint
  }

  /// Whether a version is within the bound.
  public func admits(_ version: DebianVersion) -> Bool {
    guard let constraint else { return true }
    return switch constraint.comparison {
    case .earlier: version < constraint.version
    case .earlierOrEqual: version <= constraint.version
    case .equal: version == constraint.version
    case .laterOrEqual: version >= constraint.version
    case .later: version > constraint.version
    }
  }

  /// The relation as a control file writes it.
  public var description: String {
    let bound = constraint.map { " (\($0.comparison.rawValue) \($0.version))" } ?? ""
    return name + (qualifier.map { ":\($0)" } ?? "") + bound
  }
}

/// Alternatives of which one must hold, for example `default-jre | java8-runtime`.
public struct DebianDependency: Sendable, Hashable, CustomStringConvertible {
  /// The alternatives in the order of preference; never empty.
  public let alternatives: [DebianRelation]

  /// Makes a dependency on one relation.
  public init(_ relation: DebianRelation) {
    alternatives = [relation]
  }

  init(alternatives: [DebianRelation]) {
    self.alternatives = alternatives
  }

  /// The alternatives as a control file writes them.
  public var description: String { alternatives.map(\.description).joined(separator: " | ") }

  /// Reads a relationship field: groups separated by commas, alternatives by `|`.
  ///
  /// - Throws: ``DebianError/malformed(_:reason:)`` that quotes the part that is no relation.
  public static func list(parsing text: String) throws(DebianError) -> [DebianDependency] {
    var groups: [DebianDependency] = []
    for group in text.split(separator: ",") where group.contains(where: { !$0.isWhitespace }) {
      var alternatives: [DebianRelation] = []
      for part in group.split(separator: "|", omittingEmptySubsequences: false) {
        alternatives.append(try DebianRelation(parsing: part))
      }
      groups.append(DebianDependency(alternatives: alternatives))
    }
    return groups
  }
}

extension DebianRelation {
  /// Reads `name[:qualifier] [(operator version)]`; architecture lists and build profiles are skipped, as binary packages have none.
  public init(parsing text: some StringProtocol) throws(DebianError) {
    func refusal(_ reason: String) -> DebianError {
      .malformed(
        "the package relation '\(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))'", reason: reason)
    }
    var rest = Array(text.utf8)[...]
    func skipBlanks() {
      while let byte = rest.first, byte == 0x20 || byte == 0x0A || byte == 0x09 { rest.removeFirst() }
    }
    func take(while condition: (UInt8) -> Bool) -> String {
      let part = rest.prefix(while: condition)
      rest = rest.dropFirst(part.count)
      return String(decoding: part, as: UTF8.self)
    }
    skipBlanks()
    let name = take { Self.isNameByte($0) }
    guard DebianPackage.isName(name) else { throw refusal("expected a package's name") }
    var qualifier: String?
    if rest.first == UInt8(ascii: ":") {
      rest.removeFirst()
      qualifier = take { Self.isNameByte($0) }
    }
    skipBlanks()
    var constraint: Constraint?
    if rest.first == UInt8(ascii: "(") {
      rest.removeFirst()
      skipBlanks()
      var sign = take { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "=") }
      // Policy 7.1: the single signs are the old spelling of "or equal".
      if sign == "<" || sign == ">" { sign += "=" }
      guard let comparison = Operator(rawValue: sign) else { throw refusal("expected one of << <= = >= >>") }
      skipBlanks()
      let number = take { $0 != UInt8(ascii: ")") && $0 != 0x20 }
      skipBlanks()
      guard rest.first == UInt8(ascii: ")") else { throw refusal("expected ')'") }
      rest.removeFirst()
      do { constraint = Constraint(comparison: comparison, version: try DebianVersion(parsing: number)) } catch {
        throw refusal("\(error)")
      }
      skipBlanks()
    }
    guard rest.isEmpty || rest.first == UInt8(ascii: "[") || rest.first == UInt8(ascii: "<") else {
      throw refusal("expected its end")
    }
    self.init(name: name, qualifier: qualifier, constraint: constraint)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
