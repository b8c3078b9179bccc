import HTTP
import Building
import Host
import Packages
import Resolution

extension Failure {
  /// Errors of indexes and archives, and requests that no choice of packages satisfies.
  static func ofPackages(_ error: any Error) -> Failure? {
    switch error {
    case let error as DebianError: Failure(status(of: error.fault), error.description, hint: error.hint)
    case let error as RPMError: Failure(status(of: error.fault), error.description, hint: error.hint)
    case let error as MavenError: Failure(status(of: error.fault), error.description, hint: error.hint)
    case let error as PythonIndexFailure: Failure(status(of: error.fault), error.description, hint: error.hint)
    case let error as PythonIndexError: ofIndex(error)
    case let error as PythonMetadataError:
      Failure(.network, "the index has metadata that can't be read: \(error)")
    case let error as PythonResolutionError: Failure(.badInput, error.description, hints: error.hints)
    case let error as PythonStore.Failure: ofStore(error)
    case let error as PipConfigurationError: ofPip(error)
    default: nil
    }
  }

  private static func ofIndex(_ error: PythonIndexError) -> Failure {
    switch error {
    case .unknownProject(let name):
      Failure(
        .badInput, error.description, hint: "check the spelling of '\(name)' and the indexes that are configured")
    case .unusableMetadata: Failure(.network, error.description)
    }
  }

  private static func ofStore(_ error: PythonStore.Failure) -> Failure {
    switch error {
    case .vanished:
      Failure(
        .network, error.description,
        hint: "build with --repin-missing to replace it, or configure an index that keeps old files")
    case .changed:
      Failure(
        .network, error.description,
        hint: "one of the two is not the file that was locked; nothing of it was kept. Find out why before pinning anew"
      )
    }
  }

  private static func ofPip(_ error: PipConfigurationError) -> Failure {
    switch error {
    case .malformed, .index: Failure(.badInput, error.description, hint: error.hint)
    case .unreadable, .noIndex: Failure(.machine, error.description, hint: error.hint)
    }
  }
}
