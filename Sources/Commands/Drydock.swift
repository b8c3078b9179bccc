public import ArgumentParser
import Glibc
import Host

/// The `drydock` program: its subcommands, and how any of them ends.
public struct Drydock: AsyncParsableCommand {
  /// The program's help and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "drydock",
    abstract: "Locks, builds and verifies container images.",
    discussion: """
      IMAGE is a folder that holds an image.yaml, for example images/spark-athena.

      EXAMPLES
        drydock pin images/spark-athena        resolve everything and write drydock.lock
        drydock generate images/spark-athena   write Dockerfile and requirements.txt from it
        drydock build images/spark-athena      build the image, without a daemon
        drydock test images/spark-athena       run its tests inside it
        drydock verify images/spark-athena     all of it, and one verdict
        drydock push images/spark-athena example.com/team/image:1

      EXIT CODES
        0 good, 1 the verdict is bad, 2 wrong call or input file, 3 network or wrong hash, 4 this machine
      """,
    version: version,
    subcommands: [
      Init.self, Pin.self, Check.self, Update.self, Generate.self, Vendor.self, Export.self, Build.self, Test.self,
      Health.self, Verify.self, Pull.self, Push.self, Copy.self,
      Inspect.self, Diff.self, Login.self, Logout.self, Store.self,
    ])

  /// Drydock's own version.
  public static let version = "0.1.0"

  /// Makes a command without arguments.
  public init() {}

  /// Runs the subcommand that the arguments name and ends the program with its exit code.
  public static func main() async {
    do {
      var command = try await parseCommand()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      exit(withStatus: .success)
    } catch let failure as Failure {
      Terminal.write(failure.text(color: Terminal.wantsColor(.error)), to: .error)
      exit(withStatus: failure.status)
    } catch let verdict as Verdict {
      exit(withStatus: verdict.status)
    } catch {
      exitForParser(error)
    }
  }

  /// Whether the arguments name a subcommand that works on files of several users, as roots have them.
  public static func needsUsers(_ arguments: [String]) -> Bool {
    guard let name = arguments.dropFirst().first(where: { !$0.hasPrefix("-") }),
      !EngineOptions.nameAnother(arguments)
    else { return false }
    return configuration.subcommands.contains { command in
      command is any NeedsUsers.Type
        && (command.configuration.commandName ?? String(describing: command).lowercased()) == name
    }
  }

  private static func parseCommand() async throws -> any ParsableCommand { try parseAsRoot() }

  /// Help and version are no failure; any other complaint of the parser is a wrong call.
  private static func exitForParser(_ error: any Error) -> Never {
    let isHelp = exitCode(for: error) == .success
    Terminal.write(fullMessage(for: error) + "\n", to: isHelp ? .output : .error)
    exit(withStatus: isHelp ? .success : .badInput)
  }

  /// Ends at once: what libraries tidy up at the end of a process, threads that still fetch ahead may be using.
  private static func exit(withStatus status: ExitStatus) -> Never { _exit(status.rawValue) }
}

/// The end of a command whose report has been printed and whose verdict is bad.
struct Verdict: Error {
  let status: ExitStatus
  static let gateFailed = Verdict(status: .gateFailed)
}
