import ArgumentParser
import Host
import JSON

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case text
  case json
}

/// How much a command says beside its results.
struct Verbosity: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Print nothing but results and errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Print a line for each piece of work.")
  var verbose = false
}

/// The output options of a command, whatever its formats are.
protocol OutputGroup: ParsableArguments {
  var verbosity: Verbosity { get }
}

extension OutputGroup {
  /// Says something to the person who watches, on standard error.
  func note(_ text: String) {
    if !verbosity.quiet { Terminal.write(text + "\n", to: .error) }
  }

  /// Whether only results and errors are wanted.
  var quiet: Bool { verbosity.quiet }
  /// Whether each piece of work is to be told.
  var verbose: Bool { verbosity.verbose }

  var progress: ProgressLine { ProgressLine(quiet: verbosity.quiet, verbose: verbosity.verbose) }
}

/// Output options of commands whose result is a value.
struct OutputOptions: OutputGroup {
  @Option(help: "Print results as text or json.")
  var format: OutputFormat = .text

  @OptionGroup var verbosity: Verbosity

  /// Prints a result to standard output in the chosen format.
  func print(text: @autoclosure () -> String, json: @autoclosure () -> JSONValue) {
    switch format {
    case .text: Terminal.write(text(), to: .output)
    case .json: Terminal.write(json().canonicalText, to: .output)
    }
  }
}
