/// What tells one image from another: a value, made by ``ImageComparison``.
public struct ImageDifference: Sendable, Hashable {
  /// What happened to something.
  public enum Kind: String, Sendable, Hashable {
    /// Only the second image has it.
    case added
    /// Only the first image has it.
    case removed
    /// Both have it, and not the same.
    case changed
  }

  /// One aspect of a change.
  public struct Detail: Sendable, Hashable {
    /// What is told, for example `mode`.
    public let aspect: String
    /// What the first image has, nil when it has nothing of the kind.
    public let first: String?
    /// What the second image has.
    public let second: String?

    /// States an aspect.
    public init(_ aspect: String, _ first: String?, _ second: String?) {
      self.aspect = aspect
      self.first = first
      self.second = second
    }
  }

  /// One thing that differs.
  public struct Change: Sendable, Hashable {
    /// What happened to it.
    public let kind: Kind
    /// Its name: a path, a package, a setting, the number of a layer.
    public let name: String
    /// What differs.
    public var details: [Detail]
    /// The step of a build that made what the images have there, as their histories tell it.
    public var step: String?

    /// States a change.
    public init(_ kind: Kind, _ name: String, _ details: [Detail] = []) {
      self.kind = kind
      self.name = name
      self.details = details
    }
  }

  /// Files, directories and links, by path.
  public var files: [Change] = []
  /// Installed packages, for example `pypi pandas`.
  public var packages: [Change] = []
  /// Settings of the configuration, for example `env PATH`.
  public var config: [Change] = []
  /// Layers by number, from 1.
  public var layers: [Change] = []

  /// Nothing differs.
  public init() {}

  /// Whether nothing differs.
  public var isEmpty: Bool { files.isEmpty && packages.isEmpty && config.isEmpty && layers.isEmpty }

  /// Compares texts by name, in the order of the names.
  static func changes(_ aspect: String, _ first: [String: String], _ second: [String: String]) -> [Change] {
    Set(first.keys).union(second.keys).sorted().compactMap { name in
      let (old, new) = (first[name], second[name])
      if old == new { return nil }
      let kind: Kind = old == nil ? .added : new == nil ? .removed : .changed
      return Change(kind, name, [Detail(aspect, old, new)])
    }
  }
}
