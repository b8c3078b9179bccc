import AWS

/// What `query` was asked for.
struct QueryOptions: Equatable {
  /// Where the statements come from.
  enum Source: Equatable {
    case text(String)
    case file(String)
    case standardInput
  }

  /// How rows are written.
  enum Format: String, CaseIterable, Equatable {
    case table
    case csv
    case jsonl
  }

  var source = Source.standardInput
  var format = Format.table
  /// The file for the rows; standard output if absent.
  var output: String?
  /// The file for what the run was like, a line of JSON for each statement.
  var summaryPath: String?
  var workGroup: String?
  var database: String?
  var catalog: String?
  var outputLocation: String?
  var parameters: [String] = []
  var reuseMinutes: Int?
  var requestToken: String?
  /// Seconds that one statement may take.
  var timeout: Double?
  var results = AthenaClient.ResultSource.automatic
  /// US dollars for a terabyte that is read.
  var price = 5.0
  var isQuiet = false
  var aws = AWSConfiguration.Options()

  /// Understands the words after `query`.
  init(_ scanner: inout ArgumentScanner) throws(UsageError) {
    var isLiteral = false
    var hasSource = false
    while let word = try scanner.next() {
      switch word {
      case .argument("--") where !isLiteral: isLiteral = true
      case .argument(let text):
        guard !hasSource else {
          throw UsageError("query takes one text of SQL", hint: "put it in quotes; statements are separated by ;")
        }
        hasSource = true
        source = text == "-" && !isLiteral ? .standardInput : .text(text)
      case .option(let text) where isLiteral:
        guard !hasSource else { throw UsageError("query takes one text of SQL", hint: "put it in quotes") }
        hasSource = true
        source = .text(text)
      case .option("--file"), .option("-f"):
        guard !hasSource else { throw UsageError("query takes a text or a file, not both") }
        hasSource = true
        let path = try scanner.value(of: "--file", "a path")
        source = path == "-" ? .standardInput : .file(path)
      case .option(let name): try read(name, &scanner)
      }
    }
  }

  private mutating func read(_ name: String, _ scanner: inout ArgumentScanner) throws(UsageError) {
    switch name {
    case "--format": format = try scanner.choice(of: name)
    case "--output", "-o": output = try scanner.value(of: name, "a path")
    case "--summary": summaryPath = try scanner.value(of: name, "a path")
    case "--workgroup": workGroup = try scanner.value(of: name, "the name of a workgroup")
    case "--database": database = try scanner.value(of: name, "the name of a database")
    case "--catalog": catalog = try scanner.value(of: name, "the name of a data catalog")
    case "--output-location":
      let text = try scanner.value(of: name, "s3://BUCKET/PREFIX/")
      guard S3Location(parsing: text) != nil else {
        throw UsageError("\(name) is s3://BUCKET/PREFIX/, not \"\(text)\"")
      }
      outputLocation = text
    case "--parameter": parameters.append(try scanner.value(of: name, "a literal of SQL"))
    case "--reuse-minutes":
      let text = try scanner.value(of: name, "a number of minutes")
      guard let minutes = Int(text), (0...10_080).contains(minutes) else {
        throw UsageError("\(name) needs a number of minutes from 0 to 10080, not \"\(text)\"")
      }
      reuseMinutes = minutes
    case "--request-token":
      let text = try scanner.value(of: name, "32 to 128 characters")
      guard (32...128).contains(text.count) else { throw UsageError("\(name) needs 32 to 128 characters") }
      requestToken = text
    case "--timeout": timeout = try scanner.seconds(of: name)
    case "--results": results = try scanner.choice(of: name)
    case "--price-per-tb":
      let text = try scanner.value(of: name, "US dollars")
      guard let dollars = Double(text), (0..<1e6).contains(dollars) else {
        throw UsageError("\(name) needs US dollars, not \"\(text)\"")
      }
      price = dollars
    case "--region": aws.region = try scanner.value(of: name, "a region")
    case "--profile": aws.profile = try scanner.value(of: name, "the name of a profile")
    case "--endpoint-url": aws.endpointURL = try scanner.value(of: name, "an address")
    case "--quiet", "-q": isQuiet = true
    default: throw UsageError("query does not know \"\(name)\"", hint: "glue-athena help query")
    }
  }
}
