import JSON

extension AthenaClient {
  /// Where rows are read from.
  public enum ResultSource: String, Sendable, CaseIterable {
    /// The first page from Athena; a longer result from its file if these keys may read it.
    case automatic = "auto"
    /// A thousand rows at a time from Athena.
    case pages
    /// The file in S3, over several connections.
    case file
  }

  /// Opens the result of a run that succeeded.
  public func results(
    of execution: AthenaExecution, from source: ResultSource = .automatic
  ) async throws(AWSError) -> AthenaResults {
    let page = try await page(of: execution.id, after: nil)
    return try AthenaResults(self, execution, page, source)
  }

  /// One page of a result.
  func page(of id: String, after token: String?) async throws(AWSError) -> ResultPage {
    let input = JSONValue.object([
      "QueryExecutionId": .string(id), "MaxResults": .integer(1000), "NextToken": token.map { .string($0) },
    ])
    let body = try await aws.bytes("GetQueryResults", of: .athena, input)
    do { return try ResultPage(parsing: body) } catch {
      throw .malformed(service: "Athena GetQueryResults", reason: error.description)
    }
  }
}

/// The rows of a result from first to last, in batches; what waits in memory does not grow with the result.
///
/// The first page from Athena brings the columns with their types and is often all there is. A longer result is read
/// from its file, a hundred thousand rows at a time, of which the first thousand are known already.
public final class AthenaResults {
  /// The columns; none for a statement without a result.
  public let columns: [AthenaColumn]
  /// How many rows the statement changed, if it changed some.
  public let updateCount: Int?

  private let client: AthenaClient
  private let execution: AthenaExecution
  /// The rows of the page that was had and not handed out.
  private var waiting: RowBatch?
  private var nextPage: Task<Result<ResultPage, AWSError>, Never>?
  private var file: File?
  private let mayFallBack: Bool
  private let firstToken: String?

  private struct File {
    let reader: ObjectReader
    var scanner: ResultFileScanner
    /// Rows that the first page had, and the header.
    var toSkip: Int
    var hasStarted = false
  }

  init(
    _ client: AthenaClient, _ execution: AthenaExecution, _ page: ResultPage, _ source: AthenaClient.ResultSource
  ) throws(AWSError) {
    self.client = client
    self.execution = execution
    columns = page.columns
    updateCount = page.updateCount
    firstToken = page.nextToken
    mayFallBack = source == .automatic
    // Only the first page of a statement that selects starts with the names; other statements have none.
    let hasHeader =
      execution.statementType == .manipulation && page.rows.firstRow == page.columns.map { $0.name }
    let rows = page.rows.dropping(hasHeader ? 1 : 0)
    let location = execution.outputLocation.flatMap { $0.key.hasSuffix(".csv") ? $0 : nil }
    let wantsFile = source == .file || source == .automatic && page.nextToken != nil && hasHeader
    if wantsFile, let location {
      file = File(
        reader: ObjectReader(client.storage, location), scanner: ResultFileScanner(columnCount: columns.count),
        toSkip: source == .file ? 1 : rows.count + 1)
      waiting = source == .file ? nil : rows
    } else if source == .file {
      throw .malformed(service: "Athena", reason: "the run \(execution.id) names no file of rows")
    } else {
      waiting = rows
      ask(after: page.nextToken)
    }
  }

  deinit { nextPage?.cancel() }

  /// The next rows; `nil` after the last.
  public func next() async throws(AWSError) -> RowBatch? {
    while true {
      if let rows = waiting {
        waiting = nil
        if rows.count > 0 { return rows }
      }
      if file != nil {
        do throws(AWSError) {
          if let rows = try await nextOfFile() { return rows }
          return nil
        } catch {
          // Keys that may ask Athena need not be allowed to read its files; and a workgroup may keep them to itself.
          guard mayFallBack, file?.hasStarted == false, case .service = error else { throw error }
          file = nil
          ask(after: firstToken)
          continue
        }
      }
      guard let task = nextPage else { return nil }
      nextPage = nil
      let page = try await withTaskCancellationHandler {
        await task.value
      } onCancel: {
        task.cancel()
      }.get()
      ask(after: page.nextToken)
      waiting = page.rows
    }
  }

  /// Asks for a page while the one before is still being written.
  private func ask(after token: String?) {
    guard let token else { return }
    nextPage = Task { [client, id = execution.id] in
      do throws(AWSError) { return .success(try await client.page(of: id, after: token)) } catch {
        return .failure(error)
      }
    }
  }

  private func nextOfFile() async throws(AWSError) -> RowBatch? {
    while let reader = file?.reader {
      let piece = try await reader.next()
      file?.hasStarted = true
      guard var rows = try rows(of: piece) else { return nil }
      let skipped = min(file?.toSkip ?? 0, rows.count)
      file?.toSkip -= skipped
      rows = rows.dropping(skipped)
      if rows.count > 0 { return rows }
      if piece == nil { return nil }
    }
    return nil
  }

  /// The rows of a piece, and at the end those of what was left.
  private func rows(of piece: [UInt8]?) throws(AWSError) -> RowBatch? {
    do { return try file?.scanner.rows(in: piece ?? [], isLast: piece == nil) } catch {
      throw .malformed(
        service: "S3", reason: "\(execution.outputLocation.map { "\($0)" } ?? ""): \(error.reason)")
    }
  }
}
