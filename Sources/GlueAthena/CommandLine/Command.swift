/// What the command line asks for.
enum Command: Equatable {
  case run(RunOptions)
  case health(HealthOptions)
  case serve(ServeOptions)
  case probes(Probes)
  case versions(OutputFormat)
  case environment(EnvironmentOptions)
  case query(QueryOptions)
  case help(String?)
  case version

  /// Understands the words after the program's name.
  init(parsing words: some Collection<String>) throws(UsageError) {
    var scanner = ArgumentScanner(words.dropFirst())
    switch words.first {
    case "run": self = try .parsingHelp(of: "run", words) { () throws(UsageError) in .run(try RunOptions(&scanner)) }
    case "health":
      self = try .parsingHelp(of: "health", words) { () throws(UsageError) in .health(try HealthOptions(&scanner)) }
    case "serve":
      self = try .parsingHelp(of: "serve", words) { () throws(UsageError) in .serve(try ServeOptions(&scanner)) }
    case "probes":
      self = try .parsingHelp(of: "probes", words) { () throws(UsageError) in .probes(try Probes(&scanner)) }
    case "versions":
      self = try .parsingHelp(of: "versions", words) { () throws(UsageError) in
        .versions(try OutputFormat(&scanner))
      }
    case "env":
      self = try .parsingHelp(of: "env", words) { () throws(UsageError) in
        .environment(try EnvironmentOptions(&scanner))
      }
    case "query":
      self = try .parsingHelp(of: "query", words) { () throws(UsageError) in .query(try QueryOptions(&scanner)) }
    case nil, "-h", "--help": self = .help(nil)
    case "help": self = .help(words.dropFirst().first)
    case "--version": self = .version
    case let word?:
      throw UsageError(
        "there is no command \"\(word)\"",
        hint: "the commands are run, health, serve, probes, query, versions, env and help")
    }
  }

  private static func parsingHelp(
    of command: String, _ words: some Collection<String>, _ parse: () throws(UsageError) -> Command
  ) throws(UsageError) -> Command {
    if let second = words.dropFirst().first, second == "--help" || second == "-h" { return .help(command) }
    return try parse()
  }
}

/// How a report is written.
enum OutputFormat: String, CaseIterable, Equatable {
  case text
  case json

  /// Understands a command line whose only option is `--format`.
  init(_ scanner: inout ArgumentScanner) throws(UsageError) {
    self = .text
    while let word = try scanner.next() {
      switch word {
      case .option("--format"): self = try scanner.choice(of: "--format")
      case .option(let text), .argument(let text): throw UsageError("\"\(text)\" is not understood here")
      }
    }
  }
}
