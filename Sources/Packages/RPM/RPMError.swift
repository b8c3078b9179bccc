public import HTTP
public import Host

/// Why packages could not be found, chosen or fetched from RPM repositories.
public enum RPMError: Error, Equatable, Sendable {
  /// No repository is configured, or none of the names that were asked for.
  case noRepository(_ names: [String])
  /// A configuration file or a key is not usable.
  case configuration(file: String, reason: String)
  /// A repository's index of indexes has no signature that a trusted key made.
  case signature(repository: String, reason: String)
  /// A package has no signature that a trusted key made.
  case packageSignature(_ package: String, reason: String)
  /// A file from a repository is not what its format says.
  case malformed(_ what: String, reason: String)
  /// No mirror could be asked; one error for each that was tried.
  case unreachable(_ what: String, [HTTPError])
  /// A mirror served content with another digest or size.
  case wrongContent(_ what: String, HTTPError)
  /// No repository has the package.
  case unknownPackage(_ name: String, nearest: [String])
  /// A requirement can't be met; the chain leads from a requested package to the one that has the requirement.
  case unsatisfiable(_ requirement: String, chain: [String], candidates: [Candidate])
  /// Two packages of the set exclude each other.
  case conflict(_ one: String, with: String, reason: String)
  /// No set was found in the time that a resolution may take.
  case tooHard(steps: Int)
  /// No mirror has a locked file any longer.
  case vanished(_ package: String, location: String)
  /// A file on this machine.
  case system(SystemError)

  /// A package that provides what is asked for and can't be taken.
  public struct Candidate: Equatable, Sendable {
    /// The package, with version and architecture.
    public let package: String
    /// What excludes it.
    public let reason: String
  }
}

extension RPMError: CustomStringConvertible {
  /// What happened, in one sentence.
  public var description: String {
    switch self {
    case .noRepository(let names):
      names.isEmpty
        ? "No RPM repository is configured on this machine."
        : "No RPM repository is called \(names.map { "'\($0)'" }.joined(separator: ", "))."
    case .configuration(let file, let reason): "\(file) can't be used: \(reason)."
    case .signature(let repository, let reason):
      "The index of the repository '\(repository)' is not trusted: \(reason)."
    case .packageSignature(let package, let reason): "The package \(package) is not trusted: \(reason)."
    case .malformed(let what, let reason): "Something unreadable is in \(what): \(reason)."
    case .unreachable(let what, let errors):
      "No mirror could be asked for \(what): \(errors.map(\.description).joined(separator: " "))"
    case .wrongContent(let what, let error): "A mirror served something else as \(what): \(error)"
    case .unknownPackage(let name, let nearest):
      "There is no package '\(name)' in the configured repositories"
        + (nearest.isEmpty ? "." : ", but \(nearest.map { "'\($0)'" }.joined(separator: ", ")).")
    case .unsatisfiable(let requirement, let chain, let candidates):
      (chain.isEmpty
        ? "The request '\(requirement)' can't be satisfied"
        : "\(chain.joined(separator: " needs ")) requires '\(requirement)'")
        + (candidates.isEmpty
          ? ", but nothing provides it."
          : ", but \(candidates.map { "\($0.package) \($0.reason)" }.joined(separator: ", and ")).")
    case .conflict(let one, let other, let reason): "The packages \(one) and \(other) exclude each other: \(reason)."
    case .tooHard(let steps): "No set of packages was found in \(steps) steps."
    case .vanished(let package, let location): "No configured mirror has \(location) of \(package) any longer."
    case .system(let error): "\(error)."
    }
  }

  /// What the user may do about it, if there is something.
  public var hint: String? {
    switch self {
    case .noRepository:
      "put a .repo file into /etc/yum.repos.d, or let DRYDOCK_RPM_ROOT name an unpacked image whose files count"
    case .signature, .packageSignature: "name the repository's key with gpgkey in its .repo file"
    case .vanished: "use a dated release, whose files stay, or pin anew"
    case .tooHard: "ask for exact versions of some packages"
    case .unreachable(_, let errors): errors.first?.hint
    default: nil
    }
  }

  /// Where the fault lies: it decides the exit code.
  public var fault: HTTPError.Fault {
    switch self {
    case .unreachable(_, let errors): errors.first?.fault ?? .network
    case .wrongContent(_, let error): error.fault
    case .noRepository, .configuration, .system: .machine
    case .unknownPackage, .unsatisfiable, .conflict, .tooHard: .usage
    case .signature, .packageSignature, .malformed, .vanished: .network
    }
  }
}
