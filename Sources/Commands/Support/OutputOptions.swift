import ArgumentParser
import Host
import JSON

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case text
  case json
}

/// Options that every command has.
struct OutputOptions: ParsableArguments {
  @Option(help: "Print results as text or json.")
  var format: OutputFormat = .text

  @Flag(name: .shortAndLong, help: "Print nothing but results and errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Print a line for each piece of work.")
  var verbose = false

  /// Prints a result to standard output in the chosen format.
  func print(text: @autoclosure () -> String, json: @autoclosure () -> JSONValue) {
    switch format {
    case .text: Terminal.write(text(), to: .output)
    case .json: Terminal.write(json().canonicalText, to: .output)
    }
  }

  /// Says something to the person who watches, on standard error.
  func note(_ text: String) {
    if !quiet { Terminal.write(text + "\n", to: .error) }
  }

  var progress: ProgressLine { ProgressLine(quiet: quiet, verbose: verbose) }
}
