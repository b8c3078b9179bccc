/// What a comparison leaves out.
public struct IgnoredDifferences: Sendable, Hashable {
  /// A class of differences.
  public enum Aspect: String, Sendable, Hashable, CaseIterable {
    /// The files, whatever of them differs.
    case files
    /// Times of files, of the image and of its history.
    case times
    /// Owners and groups.
    case owners
    /// Permissions.
    case modes
    /// The list of packages, not their files.
    case packages
    /// The configuration.
    case config
    /// How the files are spread over layers, what made those, and how they are compressed.
    case layers
  }

  /// The classes.
  public let aspects: Set<Aspect>
  private let paths: PathExclusions

  /// Reads words: an aspect's name, or a glob of paths such as `/var/log/*`, in which `*` matches slashes, too.
  ///
  /// - Throws: ``UnknownAspect`` for a word that is neither.
  public init(_ words: [String]) throws(UnknownAspect) {
    var aspects: Set<Aspect> = []
    var globs: [String] = []
    for word in words {
      if let aspect = Aspect(rawValue: word) {
        aspects.insert(aspect)
      } else if word.hasPrefix("/") {
        globs.append(word)
      } else {
        throw UnknownAspect(word: word)
      }
    }
    self.aspects = aspects
    paths = PathExclusions(globs)
  }

  /// Leaves out nothing.
  public static let none = IgnoredDifferences()

  private init() {
    aspects = []
    paths = .none
  }

  /// A word that names nothing to ignore.
  public struct UnknownAspect: Error, Sendable, CustomStringConvertible {
    /// The word.
    public let word: String

    /// What is wrong, in one sentence.
    public var description: String {
      let known = Aspect.allCases.map(\.rawValue).joined(separator: ", ")
      return "'\(word)' is nothing to ignore: expected \(known) or a glob of absolute paths"
    }
  }

  func ignores(_ aspect: Aspect) -> Bool { aspects.contains(aspect) }

  /// - Parameter path: Without a leading slash.
  func ignores(path: String) -> Bool { paths.names("/" + path) }
}
