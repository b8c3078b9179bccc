public import HTTP
public import Host

/// Why artifacts could not be found, chosen or fetched from Maven repositories.
public enum MavenError: Error, Equatable, Sendable {
  /// Neither the environment, the settings nor an installed Maven names a repository.
  case noRepository
  /// A settings file is not usable.
  case settings(file: String, reason: String)
  /// A file from a repository is not what its format says.
  case malformed(_ what: String, reason: String)
  /// A repository could not be asked; one error for each that was tried.
  case unreachable(_ what: String, [HTTPError])
  /// A repository served content with another digest than the one it states or the lock has.
  case wrongContent(_ what: String, reason: String)
  /// No repository has the artifact; the chain leads from a requested artifact to the one that needs it.
  case unknownArtifact(_ coordinate: String, chain: [String])
  /// A dependency has no version, or one that is not known until something else is.
  case noVersion(_ name: String, in: String, reason: String)
  /// No version lies in a range.
  case emptyRange(_ name: String, range: String, newest: String?)
  /// Ranges exclude each other, or the version that is nearest.
  case rangeConflict(_ name: String, version: String, range: String, chain: [String])
  /// A version names a build in progress, whose bytes change.
  case snapshot(_ coordinate: String)
  /// Parents or imports go on for too long, or in a circle.
  case tooDeep(_ coordinate: String)
  /// No repository has a locked file any longer.
  case vanished(_ coordinate: String)
  /// A file on this machine.
  case system(SystemError)
}

extension MavenError: CustomStringConvertible {
  /// What happened, in one sentence.
  public var description: String {
    func path(_ chain: [String]) -> String { chain.isEmpty ? "" : ", needed by \(chain.joined(separator: " > "))" }
    return switch self {
    case .noRepository: "No Maven repository is configured on this machine."
    case .settings(let file, let reason): "\(file) can't be used: \(reason)."
    case .malformed(let what, let reason): "Something unreadable is in \(what): \(reason)."
    case .unreachable(let what, let errors):
      "No repository could be asked for \(what): \(errors.map(\.description).joined(separator: " "))"
    case .wrongContent(let what, let reason):
      "A repository served something else as \(what): \(reason)" + (reason.hasSuffix(".") ? "" : ".")
    case .unknownArtifact(let coordinate, let chain): "No configured repository has \(coordinate)\(path(chain))."
    case .noVersion(let name, let pom, let reason): "The version of \(name) in \(pom) is not known: \(reason)."
    case .emptyRange(let name, let range, let newest):
      "No version of \(name) lies in \(range)" + (newest.map { "; the newest is \($0)." } ?? ".")
    case .rangeConflict(let name, let version, let range, let chain):
      "\(name) \(version) is chosen, but \(range) is required\(path(chain))."
    case .snapshot(let coordinate): "\(coordinate) is a build in progress, whose bytes change."
    case .tooDeep(let coordinate): "The parents or imports of \(coordinate) go in a circle, or on for too long."
    case .vanished(let coordinate): "No configured repository has \(coordinate) any longer."
    case .system(let error): "\(error)."
    }
  }

  /// What the user may do about it, if there is something.
  public var hint: String? {
    switch self {
    case .noRepository:
      "name one in ~/.m2/settings.xml or in DRYDOCK_MAVEN_REPOSITORIES; the default of an installed Maven counts too"
    case .unknownArtifact(_, let chain):
      chain.isEmpty
        ? "check the coordinate and the repositories of ~/.m2/settings.xml" : "leave it out with 'jars.exclude'"
    case .noVersion, .rangeConflict: "state a version under 'jars.managed'"
    case .snapshot: "ask for a released version"
    case .vanished: "configure a repository that keeps old files, or pin anew"
    case .unreachable(_, let errors): errors.first?.hint
    default: nil
    }
  }

  /// Where the fault lies: it decides the exit code.
  public var fault: HTTPError.Fault {
    switch self {
    case .unreachable(_, let errors): errors.first?.fault ?? .network
    case .noRepository, .settings, .system: .machine
    case .unknownArtifact, .noVersion, .emptyRange, .rangeConflict, .snapshot: .usage
    case .malformed, .wrongContent, .tooDeep, .vanished: .network
    }
  }
}
