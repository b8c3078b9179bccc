public import Host
public import Layers
public import Packages
public import Sandbox

/// Why a Debian root could not be built.
public enum DebianRootError: Error, Sendable, CustomStringConvertible {
  /// Files of packages have owners other than the caller, which only root can set.
  case needsRoot
  /// There is no user here but root, to whom alone files can be given.
  case needsUsers
  /// Nothing here runs the packages' scripts.
  case emulation(EmulationError)
  /// A package could not be had.
  case package(DebianError)
  /// A package's archive could not be read.
  case archive(LayerError)
  /// Two packages have a file of the same path, and neither says that it replaces the other.
  case overlap(path: String, first: String, second: String)
  /// A package does something that building a root in one go does not support.
  case unsupported(package: String, reason: String)
  /// The sandbox could not be made.
  case sandbox(SandboxError)
  /// A package's script failed; the text is the end of what was written.
  case configuration(status: SandboxResult.Status, output: String)
  /// dpkg's own check of the finished root found something.
  case audit(String)
  /// A file on this machine.
  case system(SystemError)

  /// One sentence, followed by the output of the scripts if that is to blame.
  public var description: String {
    switch self {
    case .needsRoot: "Building a Debian root needs root, as its files have different owners."
    case .needsUsers: "Building a Debian root needs several users, as its files have different owners."
    case .emulation(let error): error.description
    case .package(let error): error.description
    case .archive(let error): "\(error)."
    case .overlap(let path, let first, let second):
      "The packages \(first) and \(second) both have the file \(path), and neither replaces the other."
    case .unsupported(let package, let reason): "The package \(package) can't be put into a root: \(reason)."
    case .sandbox(let error): "The packages' scripts can't be run: \(error)."
    case .configuration(let status, let output):
      "Configuring the packages failed: dpkg \(status). The end of its output is:\n\(output)"
    case .audit(let text): "The root is not sound by dpkg's own check: \(text)"
    case .system(let error): "\(error)."
    }
  }
}

/// Runs a call that fails with a system error, as one of a root.
func onDisk<Result: ~Copyable>(_ call: () throws(SystemError) -> Result) throws(DebianRootError) -> Result {
  do throws(SystemError) { return try call() } catch { throw .system(error) }
}
