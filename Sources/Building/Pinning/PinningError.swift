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

  /// What happened, in one sentence.
  public var description: String {
    switch self {
    case .buildConflict(let name, let first, let second):
      "the source distributions need two versions of \(name) to be built: \(first) and \(second)"
    case .architecture(let platform): "Python packages can't be chosen for \(platform); amd64 and arm64 are known"
    case .unknownBaseDigest(let reference): "no digest of \(reference) is known"
    }
  }

  /// What to do about it, if there is something.
  public var hint: String? {
    switch self {
    case .buildConflict: "constrain one of them to a version that has a wheel"
    case .architecture: nil
    case .unknownBaseDigest: "state it under 'base.recorded' with the page that records it"
    }
  }
}
