import Glibc
import Host

/// The most memory that a program has at a time.
extension Bench {
  /// Runs one program in a process that has no other child, and prints the most memory it had, in kilobytes.
  static func measurePeak(_ command: [String]) async throws {
    let result = try await Subprocess(command[0], Array(command.dropFirst())).run()
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
    Terminal.write(result.errorText, to: .error)
    Terminal.write("\(usage.ru_maxrss)\n", to: .output)
    CurrentProcess.exit(result.status)
  }

  /// The most memory that a program has, in megabytes.
  func peak(_ program: Subprocess) async throws -> Double {
    let result = try await Subprocess(
      "/proc/self/exe", ["--peak", program.program] + program.arguments, environment: program.environment
    ).run()
    guard result.status == 0, let kilobytes = Double(result.text.filter(\.isNumber)) else {
      throw BenchFailure(program: program.program, output: String(result.errorText.suffix(2000)))
    }
    return kilobytes / 1000
  }
}
