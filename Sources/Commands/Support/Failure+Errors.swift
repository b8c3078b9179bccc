import Building
import HTTP
import Host
import Images
import Layers
import Packages
import Registry
import Resolution
import Sandbox
import YAML

extension Failure {
  /// Every fault of a YAML file as `FILE:LINE:COLUMN: what`.
  init(faults: YAMLFaults, in path: String) {
    let lines = faults.diagnostics.map { "\(path):\($0)" }
    self.init(.badInput, lines.joined(separator: "\n       "), hints: faults.diagnostics.compactMap(\.hint))
  }

  /// Reads an input file; one that is missing or unreadable is bad input.
  static func reading<Value>(_ path: String, _ read: (String) throws(SystemError) -> Value) throws -> Value {
    do { return try read(path) } catch { throw Failure(.badInput, error.description) }
  }

  /// Gives any error its sentence, hint and exit code; what nobody expected is a fault of Drydock's own.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as SystemError:
      self.init(
        .machine, error.description,
        hint: error.isFullDisk ? "free some space; nothing that was complete is lost, run the command again" : nil)
    case let error as HTTPError:
      self.init(Self.status(of: error.fault), error.description, hint: error.hint)
    case let error as RegistryError:
      self.init(Self.status(of: error.fault), error.description, hint: error.hint)
    case let error as DebianError:
      self.init(Self.status(of: error.fault), error.description, hint: error.hint)
    case let error as SandboxError: self.init(.machine, error.description, hint: error.hint)
    case is CancellationError: self.init(.machine, "interrupted")
    default: self.init(.machine, String(describing: error), hint: "this is a fault of Drydock's own; please report it")
    }
  }

  private static func status(of fault: HTTPError.Fault) -> ExitStatus {
    switch fault {
    case .network: .network
    case .machine: .machine
    case .usage: .badInput
    }
  }
}
