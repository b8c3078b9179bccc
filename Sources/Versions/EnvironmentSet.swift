/// Is a set of environments: those in which a marker holds.
///
/// A resolution for several environments asks whether two markers can hold at once, and whether one implies another.
/// The set is a decision diagram: each choice looks at one property, in a fixed order, and its branches share the
/// property's values among them without overlap. Equal sets so have equal diagrams.
public struct EnvironmentSet: Hashable, Sendable {
  /// Is a property that tells environments apart, in the order in which choices look at them.
  enum Property: Hashable, Comparable, Sendable {
    /// The interpreter's full version.
    case python
    /// A variable whose values are versions or texts, by its name.
    case variable(String)
    /// Whether a variable's value stands in relation to a text in a way that no range of values describes.
    case relation(Relation)
    /// Whether an extra is asked for.
    case extra(PackageName)
  }

  /// Is a comparison by substring.
  struct Relation: Hashable, Comparable, Sendable {
    let variable: Marker.Variable
    let text: String
    /// Whether the text is looked for in the value, and not the value in the text.
    let isNeedle: Bool

    static func < (left: Relation, right: Relation) -> Bool {
      (left.variable.rawValue, left.text, left.isNeedle ? 1 : 0)
        < (right.variable.rawValue, right.text, right.isNeedle ? 1 : 0)
    }
  }

  /// Is a place between two values of a property: versions by their order, texts by that of their scalars.
  enum Cut: Hashable, Comparable, Sendable {
    case version(PEP440Cut)
    case text(String, isAfter: Bool)

    static func < (left: Cut, right: Cut) -> Bool {
      switch (left, right) {
      case (.version(let mine), .version(let theirs)): mine < theirs
      case (.text(let mine, let isAfter), .text(let theirs, let isTheirsAfter)):
        mine == theirs
          ? !isAfter && isTheirsAfter : mine.unicodeScalars.lexicographicallyPrecedes(theirs.unicodeScalars)
      case (.version, .text): true
      case (.text, .version): false
      }
    }
  }

  typealias Values = VersionRanges<Cut>

  struct Branch: Hashable, Sendable {
    var values: Values
    let node: Node
  }

  indirect enum Node: Hashable, Sendable {
    case none
    case all
    case choice(Property, [Branch])
  }

  let node: Node

  init(_ node: Node) { self.node = node }

  /// No environment.
  public static let empty = EnvironmentSet(.none)
  /// Every environment.
  public static let full = EnvironmentSet(.all)

  /// The environments whose value of a property is among some.
  init(_ property: Property, in values: Values) {
    node = Self.choice(property, [Branch(values: values, node: .all), Branch(values: values.complement, node: .none)])
  }

  /// Whether every environment is in the set.
  public var isFull: Bool { node == .all }

  /// Whether no environment is in the set, counting only those that can exist.
  public var isEmpty: Bool {
    node == .none || Self.combined(node, Self.possible.node, isUnion: false) == .none
  }

  /// The environments that are in both sets.
  public func intersection(_ other: EnvironmentSet) -> EnvironmentSet {
    EnvironmentSet(Self.combined(node, other.node, isUnion: false))
  }

  /// The environments that are in either set.
  public func union(_ other: EnvironmentSet) -> EnvironmentSet {
    EnvironmentSet(Self.combined(node, other.node, isUnion: true))
  }

  /// The environments that are not in the set.
  public var complement: EnvironmentSet { EnvironmentSet(Self.inverted(node)) }

  /// Whether no environment is in both sets.
  public func isDisjoint(with other: EnvironmentSet) -> Bool { intersection(other).isEmpty }

  /// Whether every environment of the set is in the other.
  public func isSubset(of other: EnvironmentSet) -> Bool { intersection(other.complement).isEmpty }

  // MARK: Algebra

  private static func combined(_ left: Node, _ right: Node, isUnion: Bool) -> Node {
    if left == right { return left }
    switch (left, right) {
    case (.none, let other), (let other, .none): return isUnion ? other : .none
    case (.all, let other), (let other, .all): return isUnion ? .all : other
    case (.choice(let mine, let branches), .choice(let theirs, let others)):
      if mine < theirs {
        return choice(
          mine,
          branches.map { Branch(values: $0.values, node: combined($0.node, right, isUnion: isUnion)) })
      }
      if theirs < mine {
        return choice(
          theirs, others.map { Branch(values: $0.values, node: combined(left, $0.node, isUnion: isUnion)) })
      }
      var common: [Branch] = []
      for branch in branches {
        for other in others {
          let values = branch.values.intersection(other.values)
          guard !values.isEmpty else { continue }
          common.append(Branch(values: values, node: combined(branch.node, other.node, isUnion: isUnion)))
        }
      }
      return choice(mine, common)
    }
  }

  private static func inverted(_ node: Node) -> Node {
    switch node {
    case .none: .all
    case .all: .none
    case .choice(let property, let branches):
      .choice(property, branches.map { Branch(values: $0.values, node: inverted($0.node)) })
    }
  }

  /// Joins branches that lead to the same place, which makes the form unique.
  private static func choice(_ property: Property, _ branches: [Branch]) -> Node {
    var joined: [Branch] = []
    for branch in branches where !branch.values.isEmpty {
      if let known = joined.firstIndex(where: { $0.node == branch.node }) {
        joined[known].values = joined[known].values.union(branch.values)
      } else {
        joined.append(branch)
      }
    }
    guard joined.count > 1 else { return joined.first?.node ?? .none }
    return .choice(
      property,
      joined.sorted { left, right in
        guard let first = left.values.intervals[0].lower else { return true }
        guard let second = right.values.intervals[0].lower else { return false }
        return first < second
      })
  }

  /// The environments that can exist: the system's name and its family go together.
  private static let possible: EnvironmentSet = {
    func system(_ names: String...) -> EnvironmentSet {
      names.reduce(.empty) { $0.union(EnvironmentSet(.variable("sys_platform"), in: text($1))) }
    }
    func family(_ name: String) -> EnvironmentSet { EnvironmentSet(.variable("os_name"), in: text(name)) }
    let windows = system("win32")
    let unix = system("linux", "darwin", "cygwin", "emscripten", "ios", "android")
    return windows.intersection(family("posix")).union(unix.intersection(family("nt"))).complement
  }()

  /// One text alone.
  static func text(_ text: String) -> Values {
    Values(from: .text(text, isAfter: false), to: .text(text, isAfter: true))
  }

  /// A property that holds, for those that have no other values.
  static let holds = text("true")
}
