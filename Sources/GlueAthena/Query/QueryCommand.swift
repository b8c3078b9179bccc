import AWS
import HTTP
import Host
import JSON

/// `glue-athena query`: statements to Athena, rows to standard output or a file.
struct QueryCommand {
  let options: QueryOptions
  let container: Container

  /// Runs the statements one after the other; the first that fails is the last.
  ///
  /// - Returns: 0, or 128 and the number of the signal that stopped it, after Athena was told to stop, too.
  func run() throws(QueryFault) -> Int32 {
    let statements = try statements()
    let parameters = try parameters(of: statements)
    let configuration: AWSConfiguration
    do { configuration = try AWSConfiguration(environment: container.environment, options: options.aws) } catch {
      throw .aws(error, statement: nil)
    }
    let summaries: OutputFile?
    do { summaries = try options.summaryPath.map { path throws(SystemError) in try OutputFile(path) } } catch {
      throw .system(error)
    }
    let output = try QueryOutput(path: options.output)
    let ending = InterruptibleTask.run { [self] in
      do throws(QueryFault) {
        try await run(statements, parameters, AthenaClient(AWSClient(configuration: configuration)), output)
        return Result<Void, QueryFault>.success(())
      } catch { return .failure(error) }
    }
    // Also of what came before a failure: it was paid for.
    let lines = output.summaries.map { $0.json.text() + "\n" }.joined()
    do throws(QueryFault) {
      do { try summaries?.write(lines) } catch { throw .system(error) }
      try ending.value.get()
      try output.commit()
      return 0
    } catch {
      output.discard()
      if let signal = ending.signal, case .aws(.cancelled, _) = error { return 128 + signal }
      throw error
    }
  }

  // MARK: What to run

  private func statements() throws(QueryFault) -> [SQLScript.Statement] {
    let place: String
    let text: String
    do {
      switch options.source {
      case .text(let words): (place, text) = ("query", words)
      case .file(let path): (place, text) = (path, try Self.script(path, of: path))
      case .standardInput: (place, text) = ("standard input", try Self.script("/dev/stdin", of: "standard input"))
      }
    } catch let error as UsageError {
      throw .usage(error)
    } catch {
      throw .usage(UsageError("\(error)"))
    }
    let script: SQLScript
    do { script = try SQLScript(parsing: text) } catch { throw .script(place: place, error) }
    guard !script.statements.isEmpty else {
      throw .usage(UsageError("\(place) has no statement", hint: "glue-athena query 'SELECT 1'"))
    }
    for statement in script.statements where statement.text.utf8.count > Self.longestStatement {
      throw .usage(
        UsageError("\(place):\(statement.line): a statement may have \(Self.longestStatement) bytes at most"))
    }
    return script.statements
  }

  /// The text of a file: what is not UTF-8 would become another statement.
  private static func script(_ path: String, of place: String) throws -> String {
    var bytes = try Files.read(path, limit: longestScript)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw UsageError("\(place) is not UTF-8", hint: "iconv -f latin1 -t utf-8 FILE")
    }
    return text
  }

  /// Amazon Athena API Reference, `StartQueryExecution`: the longest `QueryString`.
  private static let longestStatement = 262_144
  private static let longestScript = 16 << 20

  /// Each statement's parameters: among several, as many as it has question marks.
  private func parameters(of statements: [SQLScript.Statement]) throws(QueryFault) -> [[String]] {
    if statements.count == 1 { return [options.parameters] }
    var rest = options.parameters[...]
    let wanted = statements.reduce(0) { $0 + $1.parameterCount }
    guard rest.isEmpty || rest.count == wanted else {
      throw .usage(
        UsageError("the statements have \(wanted) parameters (?), and --parameter stands \(rest.count) times"))
    }
    return statements.map { statement in
      defer { rest = rest.dropFirst(statement.parameterCount) }
      return Array(rest.prefix(statement.parameterCount))
    }
  }

  // MARK: Running

  private func run(
    _ statements: [SQLScript.Statement], _ parameters: [[String]], _ client: AthenaClient, _ output: QueryOutput
  ) async throws(QueryFault) {
    for (index, statement) in statements.enumerated() {
      var query = AthenaQuery(statement.text, requestToken: token(index, of: statements.count))
      query.database = options.database
      query.catalog = options.catalog
      query.workGroup = options.workGroup ?? container["AWS_ATHENA_WORK_GROUP"]
      query.outputLocation = options.outputLocation ?? container["AWS_ATHENA_S3_STAGING_DIR"]
      query.parameters = parameters[index]
      query.reuseMinutes = options.reuseMinutes
      do throws(AWSError) {
        let summary = try await run(query, client, output)
        if !options.isQuiet { Terminal.write(summary.text, to: .error) }
        output.summaries.append(summary)
      } catch {
        throw .aws(error, statement: statements.count > 1 ? "statement \(index + 1), line \(statement.line)" : nil)
      }
      do { try output.sink.flush() } catch { throw .system(error) }
    }
  }

  private func run(
    _ query: AthenaQuery, _ client: AthenaClient, _ output: QueryOutput
  ) async throws(AWSError) -> QuerySummary {
    let time = Stopwatch()
    let showsProgress = !options.isQuiet && Terminal.isTerminal(.error)
    let execution = try await client.run(query, timeout: options.timeout.map { .seconds($0) }) { id in
      if showsProgress { Terminal.write("query \(id) runs\n", to: .error) }
    }
    let results = try await client.results(of: execution, from: options.results)
    if !results.columns.isEmpty {
      if output.hasTable, options.format != .jsonl { output.sink.append(0x0A) }
      output.hasTable = true
    }
    let writer = options.format.writer(of: results.columns, to: output.sink)
    var count = 0
    while let rows = try await results.next() {
      writer.write(rows)
      count += rows.count
      if output.sink.hasFailed { break }
    }
    writer.finish()
    return QuerySummary(execution: execution, rows: count, seconds: time.seconds, price: options.price)
  }

  /// A token of the user's for each of several statements; `nil` for one that nobody else has.
  private func token(_ index: Int, of count: Int) -> String? {
    guard let token = options.requestToken else { return nil }
    return count == 1 ? token : String(token.prefix(120)) + "-\(index + 1)"
  }
}

/// Where rows go: standard output, or a file that appears whole or not at all.
final class QueryOutput: @unchecked Sendable {
  // Used by one task at a time: the one that writes, and `run` when that has ended.
  let sink: ByteSink
  var summaries: [QuerySummary] = []
  /// Whether a statement's rows were written, from which an empty line parts the next one's.
  var hasTable = false
  private let file: OutputFile?

  init(path: String?) throws(QueryFault) {
    do {
      file = try path.map { path throws(SystemError) in try OutputFile(path) }
      sink = ByteSink(
        try file.map { file throws(SystemError) in try file.open() }
          ?? FileHandle(adopting: 1, path: "standard output"))
    } catch {
      throw .system(error)
    }
  }

  /// Gives the file its name.
  func commit() throws(QueryFault) {
    do {
      try sink.flush()
      try file?.commit()
    } catch {
      throw .system(error)
    }
  }

  /// Removes what was written of a file.
  func discard() { file?.discard() }
}
