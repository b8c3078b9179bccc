public import Sandbox

/// Why a root of RPM packages could not be made.
public enum RPMRootError: Error, Sendable, CustomStringConvertible {
  /// Files of packages have owners other than the caller, which only root can set.
  case needsRoot
  /// There is no user here but root, to whom alone files can be given.
  case needsUsers
  /// A script that has to run before a package counts as installed failed; the text is the end of what was written.
  case script(String, status: SandboxResult.Status, output: String)
  /// The sandbox could not be made.
  case sandbox(SandboxError)

  /// One sentence, followed by the output of the script if that is to blame.
  public var description: String {
    switch self {
    case .needsRoot: "Making a root of RPM packages needs root, as its files have different owners."
    case .needsUsers: "Making a root of RPM packages needs several users, as its files have different owners."
    case .script(let name, let status, let output):
      "\(name) failed: it \(status). The end of its output is:\n\(output)"
    case .sandbox(let error): "The packages' scripts can't be run: \(error)."
    }
  }
}
