public import OCI
public import Versions

/// Why a specification could not be locked, beyond what resolvers report themselves.
public enum PinningError: Error, Sendable, CustomStringConvertible {
  /// Two source distributions need different versions of one build dependency.
  case buildConflict(PackageName, PEP440Version, PEP440Version)
  /// Wheels are not chosen for this architecture.
  case architecture(Platform)
  /// The specification names a base image without a digest.
  case unknownBaseDigest(reference: String)

  /// A requirement names a repository, whose files have no hash.
  case versionControl(PackageName, address: String)
  /// A requirement names a folder of this machine.
  case folder(PackageName, path: String)
  /// A requirement's address can't be pinned.
  case address(PackageName, address: String, reason: String)
  /// Two requirements on one project have different addresses.
  case addresses(PackageName, first: String, second: String)

  /// What happened, in one sentence.
  public var description: String {
    switch self {
    case .buildConflict(let name, let first, let second):
      "the source distributions need two versions of \(name) to be built: \(first) and \(second)"
    case .architecture(let platform): "Python packages can't be chosen for \(platform); amd64 and arm64 are known"
    case .unknownBaseDigest(let reference): "no digest of \(reference) is known"
    case .versionControl(let name, let address):
      "\(name) can't be pinned to '\(address)': what a commit of a repository builds to has no hash"
    case .folder(let name, let path): "\(name) can't be pinned to '\(path)', a folder of this machine"
    case .address(let name, let address, let reason): "\(name) can't be pinned to '\(address)': \(reason)"
    case .addresses(let name, let first, let second):
      "\(name) is asked for by two addresses: \(first) and \(second)"
    }
  }

  /// What to do about it, if there is something.
  public var hint: String? {
    switch self {
    case .buildConflict: "constrain one of them to a version that has a wheel"
    case .architecture, .address, .addresses: nil
    case .versionControl: "name a released version, or an archive or wheel by its address"
    case .folder: "build a wheel of it and name that"
    case .unknownBaseDigest: "state it under 'base.recorded' with the page that records it"
    }
  }
}
