import Host
import YAML

extension Failure {
  /// Gives any error its sentence, hint and exit code; what nobody expected is a fault of Drydock's own.
  init(_ error: any Error) {
    self =
      error as? Failure ?? Self.ofMachine(error) ?? Self.ofPackages(error) ?? Self.ofBuild(error)
      ?? Self.ofImages(error) ?? Self.ofNotation(error)
      ?? Failure(
        .machine, "something unexpected happened: \(error)", hint: "this is a fault of Drydock's own; please report it")
  }

  /// Every fault of a YAML file as `FILE:LINE:COLUMN: what`.
  init(faults: YAMLFaults, in path: String) {
    let lines = faults.diagnostics.map { "\(path):\($0)" }
    self.init(.badInput, lines.joined(separator: "\n       "), hints: faults.diagnostics.compactMap(\.hint))
  }

  /// Reads an input file; one that is missing or unreadable is bad input.
  static func reading<Value>(_ path: String, _ read: (String) throws(SystemError) -> Value) throws -> Value {
    do { return try read(path) } catch { throw Failure(.badInput, error.description) }
  }

  /// Reads the value of an option or argument; one that can't be read is a wrong call, named with its option.
  static func argument<Value, Problem: Error>(
    _ name: String, _ read: () throws(Problem) -> Value
  ) throws -> Value {
    do { return try read() } catch {
      let failure = Failure(error)
      throw Failure(.badInput, "\(name): \(failure.message)", hints: failure.hints)
    }
  }
}
