public import HTTP
public import Host
public import Versions

/// Why packages could not be found, chosen or fetched from a Debian archive.
public enum DebianError: Error, Equatable, Sendable {
  /// No source of this machine's apt configuration serves a suite.
  case noSource(suite: String)
  /// apt's configuration or one of its keyrings is not usable.
  case configuration(file: String, reason: String)
  /// A suite's Release file has no signature that a trusted key made.
  case signature(suite: String, reason: String)
  /// A suite's Release file is too old to be used, or from the future; times in seconds since 1970.
  case expired(suite: String, date: Int, validUntil: Int?)
  /// A mirror served another suite than was asked for.
  case wrongSuite(asked: String, found: String)
  /// A suite has no package index for a component and architecture.
  case noIndex(suite: String, path: String)
  /// A file from the archive is not what its format says.
  case malformed(_ what: String, reason: String)
  /// No mirror could be asked; one error for each that was tried.
  case unreachable(_ what: String, [HTTPError])
  /// A mirror served content with another digest or size.
  case wrongContent(_ what: String, HTTPError)
  /// No suite has the package.
  case unknownPackage(_ name: String, nearest: [String])
  /// No suite has the version of a package that was asked for.
  case unknownVersion(request: String, candidates: [Candidate])
  /// A package of another architecture than the set's was asked for.
  case foreignArchitecture(request: String, architecture: String)
  /// No source of this machine keeps the archive's past.
  case noSnapshot(suite: String, stamp: String)
  /// A dependency can't be satisfied; the chain leads from a requested package to the one that has the dependency.
  case unsatisfiable(dependency: DebianDependency, chain: [String], candidates: [Candidate])
  /// Two packages of the set exclude each other.
  case conflict(String, with: String, relation: DebianRelation)
  /// No mirror has a locked file any longer.
  case vanished(DebianPin, successor: DebianVersion?)
  /// A file on this machine.
  case system(SystemError)

  /// A version that exists and was not good enough.
  public struct Candidate: Equatable, Sendable {
    /// The package.
    public let name: String
    /// Its version.
    public let version: DebianVersion
  }
}

extension DebianError: CustomStringConvertible {
  /// One sentence: what happened, where, and what was expected.
  public var description: String {
    switch self {
    case .noSource(let suite): "No source in this machine's apt configuration serves the suite '\(suite)'."
    case .configuration(let file, let reason): "apt's configuration in \(file) can't be used: \(reason)."
    case .signature(let suite, let reason): "The Release file of '\(suite)' is not trusted: \(reason)."
    case .expired(let suite, let date, let validUntil):
      if let validUntil {
        "The Release file of '\(suite)' is of \(Clock.rfc3339(date)) and was valid until \(Clock.rfc3339(validUntil))."
      } else {
        "The Release file of '\(suite)' is of \(Clock.rfc3339(date)), which is in the future."
      }
    case .wrongSuite(let asked, let found): "The mirror was asked for the suite '\(asked)' and served '\(found)'."
    case .noIndex(let suite, let path): "The suite '\(suite)' has no index \(path)."
    case .malformed(let what, let reason): "Debian's archive holds something unreadable in \(what): \(reason)."
    case .unreachable(let what, let errors):
      "No mirror could be asked for \(what): \(errors.map(\.description).joined(separator: " "))"
    case .wrongContent(let what, let error): "A mirror served something else as \(what): \(error)"
    case .unknownPackage(let name, let nearest):
      "There is no package '\(name)' in the configured suites"
        + (nearest.isEmpty ? "." : ", but \(nearest.map { "'\($0)'" }.joined(separator: ", ")).")
    case .unknownVersion(let request, let candidates):
      "No suite has \(request), but \(candidates.map { "\($0.name) \($0.version)" }.joined(separator: ", "))."
    case .foreignArchitecture(let request, let architecture):
      "'\(request)' asks for a package of another architecture than \(architecture), and all packages of an image are of one."
    case .noSnapshot(let suite, let stamp):
      "No source of this machine's apt configuration keeps '\(suite)' as it was at \(stamp)."
    case .unsatisfiable(let dependency, let chain, let candidates):
      Self.explanation(dependency, chain: chain, candidates: candidates)
    case .conflict(let one, let other, let relation):
      "The packages \(one) and \(other) exclude each other: \(one) conflicts with \(relation)."
    case .vanished(let pin, let successor):
      "No configured mirror has \(pin.filename) any longer"
        + (successor.map { "; the archive now has \(pin.name) \($0)." } ?? ", and the archive has no successor.")
    case .system(let error): "\(error)."
    }
  }

  /// What the user may do about it, if there is something.
  public var hint: String? {
    switch self {
    case .noSource(let suite): "add the suite '\(suite)' to /etc/apt/sources.list.d and try again"
    case .noSnapshot:
      "add a source whose address has a time such as 20250520T000000Z, or set Acquire::Snapshots::URI::Host::NAME in apt.conf"
    case .foreignArchitecture(let request, _):
      "write '\(request.prefix { $0 != ":" })', or make an image for that platform"
    case .signature: "install debian-archive-keyring, or name the mirror's key with Signed-By"
    case .expired: "check this machine's clock; a mirror that no longer updates needs replacing"
    case .vanished: "pin it anew with --repin-missing, or configure a mirror that keeps old files"
    case .unreachable(_, let errors): errors.first?.hint
    default: nil
    }
  }

  /// Where the fault lies: it decides the exit code.
  public var fault: HTTPError.Fault {
    switch self {
    case .unreachable(_, let errors): errors.first?.fault ?? .network
    case .wrongContent(_, let error): error.fault
    case .noSource, .noSnapshot, .configuration, .system: .machine
    case .unknownPackage, .unknownVersion, .unsatisfiable, .conflict, .foreignArchitecture: .usage
    case .signature, .expired, .wrongSuite, .noIndex, .malformed, .vanished: .network
    }
  }

  private static func explanation(
    _ dependency: DebianDependency, chain: [String], candidates: [Candidate]
  ) -> String {
    let needed = "'\(dependency)'"
    let requirement =
      chain.isEmpty
      ? "The request \(needed) can't be satisfied" : "\(chain.joined(separator: " needs ")) depends on \(needed)"
    guard !candidates.isEmpty else { return requirement + ", but there is no such package." }
    let found = candidates.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
    return requirement + ", but only \(found) \(candidates.count == 1 ? "is" : "are") there."
  }
}
