/// A pin by its kind and name: what an update moves or holds.
public struct PinName: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The universe that a pin belongs to.
  public enum Kind: String, Sendable, Hashable {
    /// A package of the Debian archive, of which only the newest version can be had.
    case debian
    /// A file of a Maven repository, by group and artifact; repositories keep old versions.
    case jar
    /// A package of the Python index, which keeps old versions.
    case python
    /// A package of RPM repositories, which may keep old versions.
    case rpm
  }

  /// The universe.
  public let kind: Kind
  /// The package's name.
  public let name: String

  /// Names a pin.
  public init(_ kind: Kind, _ name: String) {
    self.kind = kind
    self.name = name
  }

  /// The form `KIND/NAME`.
  public var description: String { "\(kind.rawValue)/\(name)" }

  /// By kind, then by name.
  public static func < (first: PinName, second: PinName) -> Bool {
    (first.kind.rawValue, first.name) < (second.kind.rawValue, second.name)
  }
}

/// One set of pins to try: the newest that fits below some limits.
public struct UpdateTrial: Sendable, Hashable {
  /// The highest version that a package may have; a Debian package is held at it.
  public var limits: [PinName: String]
  /// How many months old the newest file may be; nil takes today's.
  public var age: Int?

  /// Describes a trial.
  public init(limits: [PinName: String] = [:], age: Int? = nil) {
    self.limits = limits
    self.age = age
  }
}

/// How a trial went.
public enum UpdateVerdict: Sendable, Hashable {
  /// One test that failed.
  public struct Failure: Sendable, Hashable {
    /// The test's name.
    public let test: String
    /// What went wrong, best in the test's own words.
    public let error: String

    /// Describes a failure.
    public init(test: String, error: String) {
      self.test = test
      self.error = error
    }
  }

  /// All tests passed with these versions.
  case passed([PinName: String])
  /// Some tests failed with these versions; the packages that the output names come first, the likeliest culprits.
  case failed([PinName: String], [Failure], suspects: [PinName])
  /// There is no such set, or it can't be built, and why.
  case impossible(String)

  /// Whether all tests passed.
  public var isGood: Bool { if case .passed = self { true } else { false } }

  /// The versions of the set, if there is one.
  public var versions: [PinName: String]? {
    switch self {
    case .passed(let versions), .failed(let versions, _, _): versions
    case .impossible: nil
    }
  }

  /// What failed.
  public var failures: [Failure] {
    switch self {
    case .passed: []
    case .failed(_, let failures, _): failures
    case .impossible(let reason): [Failure(test: "resolve and build", error: reason)]
    }
  }
}
