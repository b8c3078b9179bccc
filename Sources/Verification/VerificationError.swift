public import Host
public import Sandbox

/// A container that could not be prepared for its tests.
public enum VerificationError: Error, Sendable, CustomStringConvertible {
  /// The image has no user of this name.
  case unknownUser(String)
  /// There is no capability of this name.
  case unknownCapability(String)
  /// The file of variables can't be read.
  case environmentFile(SystemError)
  /// The sandbox, or a command in it, can't be started.
  case sandbox(SandboxError)
  /// A service needs packages that nobody provided.
  case noTestSite(TestService)
  /// A service ended, or gave no answer in time.
  case service(TestService, reason: String)

  /// What could not be done and why, in one sentence.
  public var description: String {
    switch self {
    case .unknownUser(let name): "the image has no user '\(name)'"
    case .unknownCapability(let name): "there is no capability '\(name)'"
    case .environmentFile(let error): error.description
    case .sandbox(let error): error.description
    case .noTestSite(let service):
      "the service \(service.rawValue) needs packages that the lock doesn't have for tests"
    case .service(let service, let reason): "the service \(service.rawValue) \(reason)"
    }
  }

  /// What to do about it, where that is known.
  public var hint: String? {
    switch self {
    case .sandbox(let error): error.hint
    case .noTestSite: "add them to 'python.test-requirements' of image.yaml and pin again"
    default: nil
    }
  }
}
