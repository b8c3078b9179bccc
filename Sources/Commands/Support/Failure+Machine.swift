import HTTP
import Host
import Registry
import Sandbox
import Verification

extension Failure {
  /// Errors of this machine and of the network it is in.
  static func ofMachine(_ error: any Error) -> Failure? {
    switch error {
    case let error as SystemError: Failure(.machine, error.description, hint: hint(for: error))
    case let error as HTTPError: Failure(status(of: error.fault), error.description, hint: error.hint)
    case let error as RegistryError: Failure(status(of: error), error.description, hint: error.hint)
    case let error as SandboxError: Failure(.machine, error.description, hint: error.hint)
    case is CancellationError: Failure(.machine, "interrupted")
    case let error as VerificationError: ofVerification(error)
    default: nil
    }
  }

  private static func hint(for error: SystemError) -> String? {
    if error.isFullDisk { return "free some space; nothing that was complete is lost, run the command again" }
    return error.isRefused ? "run it as a user who may do that, or choose another place" : nil
  }

  /// Whose turn it is to do something decides the exit code.
  static func status(of fault: HTTPError.Fault) -> ExitStatus {
    switch fault {
    case .network: .network
    case .machine: .machine
    case .usage: .badInput
    }
  }

  private static func status(of error: RegistryError) -> ExitStatus {
    if case .image(let cause) = error { return status(of: cause) }
    return status(of: error.fault)
  }

  private static func ofVerification(_ error: VerificationError) -> Failure {
    switch error {
    case .environmentFile(let error): Failure(.badInput, error.description)
    case .unknownUser, .unknownCapability, .noTestSite: Failure(.badInput, error.description, hint: error.hint)
    case .sandbox, .service: Failure(.machine, error.description, hint: error.hint)
    }
  }
}
