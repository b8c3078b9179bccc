/// Why RPM packages can't be installed into an image.
public enum RPMInstallationError: Error, Sendable, CustomStringConvertible {
  /// Two packages have different files of one path.
  case conflict(path: String, first: String, second: String)
  /// A file belongs to somebody who does not exist.
  case owner(path: String, name: String, package: String)
  /// A file's capabilities are not understood.
  case capabilities(path: String, text: String, package: String)
  /// A file's name would delete others in a layer.
  case whiteout(path: String, package: String)
  /// A package lacks a file that it names.
  case missing(path: String, package: String)
  /// A package is another one than was locked.
  case package(locked: String, found: String)
  /// The base's database can't be used.
  case database(String)

  /// What happened, in one sentence.
  public var description: String {
    switch self {
    case .conflict(let path, let first, let second): "\(first) and \(second) have different files at /\(path)"
    case .owner(let path, let name, let package):
      "/\(path) of \(package) belongs to the \(name), which the base does not have"
    case .capabilities(let path, let text, let package):
      "/\(path) of \(package) has the capabilities '\(text)', which are not understood"
    case .whiteout(let path, let package): "/\(path) of \(package) has a name that deletes others in a layer"
    case .missing(let path, let package): "\(package) lacks its file /\(path)"
    case .package(let locked, let found): "the file that is locked as \(locked) holds \(found)"
    case .database(let reason): "the base's database of packages can't be used: \(reason)"
    }
  }

  /// What to do about it, if there is something.
  public var hint: String? {
    switch self {
    case .conflict: "leave one of them out of 'rpm.packages', or exclude it under 'rpm.exclude'"
    case .owner:
      "a script of the package makes it when rpm itself installs: build from the generated Dockerfile, 'drydock generate --context DIR'"
    default: nil
    }
  }
}
