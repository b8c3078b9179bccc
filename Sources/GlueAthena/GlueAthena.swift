import Glibc
import Host

/// The program: one command, one exit code.
///
/// `main` is synchronous: an asynchronous one costs ten milliseconds and four threads, and health checks run often.
@main
struct GlueAthena {
  /// The program's own version.
  static let version = "0.1.0"

  static func main() {
    exit(run(Array(CommandLine.arguments.dropFirst()), in: .current))
  }

  private static func run(_ words: [String], in container: Container) -> Int32 {
    do {
      switch try Command(parsing: words) {
      case .run(let options): return try RunCommand(options: options, container: container).run()
      case .health(let options): return HealthCommand(options: options, container: container).run()
      case .serve(let options): return try ServeCommand(options: options, container: container).run()
      case .probes(let probes): Terminal.write(probes.text, to: .output)
      case .versions(let format): return VersionsCommand(format: format, container: container).run()
      case .environment(let options): return try EnvironmentCommand(options: options, container: container).run()
      case .query(let options): return try QueryCommand(options: options, container: container).run()
      case .help(let topic): Terminal.write(try Help.text(for: topic), to: .output)
      case .version: Terminal.write("glue-athena \(version)\n", to: .output)
      }
      return 0
    } catch let error as UsageError {
      return fail(error.reason, hint: error.hint, code: 2)
    } catch let error as QueryFault {
      return fail(error.reason, hint: error.hint, code: error.exitCode)
    } catch let error as Job.Failure {
      let isUsersMistake = if case .missingFile = error { true } else { false }
      return fail(error.description, hint: error.hint, code: isUsersMistake ? 2 : 4)
    } catch {
      return fail(String(describing: error), hint: nil, code: 4)
    }
  }

  private static func fail(_ reason: String, hint: String?, code: Int32) -> Int32 {
    Terminal.write("glue-athena: \(reason)\n" + (hint.map { "hint: \($0)\n" } ?? ""), to: .error)
    return code
  }
}
