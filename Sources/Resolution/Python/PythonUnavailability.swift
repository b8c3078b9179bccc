/// Says why a project, a version or a file of it can't be used.
public enum PythonUnavailability: Hashable, Sendable {
  /// No index has the project.
  case unknownProject
  /// It supports other versions of Python.
  case requiresPython(String)
  /// It was withdrawn, for this reason if one was given.
  case yanked(String)
  /// None of its wheels runs on the platform and it has no source distribution: their tags, without repetition.
  case noCompatibleWheel(tags: [String])
  /// It has only source distributions, and building it is not allowed.
  case buildNotAllowed
  /// It has only wheels, and using them is not allowed.
  case wheelsNotAllowed
  /// Its metadata can't be used.
  case unusableMetadata(String)
  /// It asks for another version of itself.
  case contradictsItself(String)
  /// It asks for a file by address that the request does not name.
  case addressNotRequested(String)
  /// None of its files has one of the hashes that the request admits.
  case notAmongHashes
}

extension PythonUnavailability: CustomStringConvertible {
  /// The reason, as the rest of a sentence that begins with the name.
  public var description: String {
    switch self {
    case .unknownProject: "is in no index"
    case .requiresPython(let versions): "requires Python \(versions)"
    case .yanked(let reason): reason.isEmpty ? "was yanked" : "was yanked (\(reason))"
    case .noCompatibleWheel(let tags):
      "has no source distribution and no wheel for this platform (only \(tags.prefix(5).joined(separator: ", "))"
        + (tags.count > 5 ? " and \(tags.count - 5) more)" : ")")
    case .buildNotAllowed: "has no compatible wheel, and building it from source is not allowed"
    case .wheelsNotAllowed: "has no source distribution, and using its wheels is not allowed"
    case .unusableMetadata(let reason): "has metadata that can't be used: \(reason)"
    case .contradictsItself(let requirement): "asks for another version of itself, \(requirement)"
    case .addressNotRequested(let address): "depends on the file at \(address), which your request does not name"
    case .notAmongHashes: "has no file with one of the hashes that you allow"
    }
  }
}
