import AWS
import JSON

/// What one statement was like once it ended.
struct QuerySummary: Sendable {
  let execution: AthenaExecution
  /// The rows that were written.
  let rows: Int
  /// Seconds from the start of the statement to its last row.
  let seconds: Double
  /// US dollars for a terabyte that is read.
  let price: Double

  /// What the statement costs, in US dollars: an estimate, as prices differ between regions and contracts.
  ///
  /// Amazon Athena pricing: by what is read, in whole megabytes and ten at least; statements that only define or
  /// describe, and results that were taken from an earlier run, cost nothing.
  var estimatedCost: Double {
    guard execution.statementType == .manipulation, !execution.isReused, let bytes = execution.scannedBytes, bytes > 0
    else { return 0 }
    let megabytes = max(10, (bytes + (1 << 20) - 1) >> 20)
    return Double(megabytes) / Double(1 << 20) * price
  }

  /// One line for people.
  var text: String {
    var parts = ["\(rows) \(rows == 1 ? "row" : "rows") in \(Stopwatch.text(seconds)) s"]
    if let milliseconds = execution.milliseconds {
      let queued = execution.queuedMilliseconds.map { ", \(Stopwatch.text(Double($0) / 1000)) s of them queued" } ?? ""
      parts[0] += " (\(Stopwatch.text(Double(milliseconds) / 1000)) s in Athena\(queued))"
    }
    if execution.isReused {
      parts.append("an earlier result was reused")
    } else if let bytes = execution.scannedBytes {
      parts.append("\(Self.size(bytes)) scanned")
      parts.append("about $\(Self.decimal(estimatedCost, digits: 6))")
    }
    parts.append("query \(execution.id)")
    return parts.joined(separator: "; ") + "\n"
  }

  /// One line for programs.
  var json: JSONValue {
    .object([
      "query": .string(execution.id),
      "state": .string(execution.state.rawValue),
      "statement_type": execution.statementType.map { .string($0.rawValue) },
      "workgroup": execution.workGroup.map { .string($0) },
      "output": execution.outputLocation.map { .string("\($0)") },
      "rows": .integer(rows),
      "seconds": .number(Stopwatch.text(seconds)),
      "athena_seconds": execution.milliseconds.map { .number(Stopwatch.text(Double($0) / 1000)) },
      "queued_seconds": execution.queuedMilliseconds.map { .number(Stopwatch.text(Double($0) / 1000)) },
      "scanned_bytes": execution.scannedBytes.map { .integer($0) },
      "estimated_cost_usd": .number(Self.decimal(estimatedCost, digits: 6)),
      "reused": .bool(execution.isReused),
    ])
  }

  /// A number of bytes for people, for example `1.5 MB`.
  static func size(_ bytes: Int64) -> String {
    var size = Double(bytes)
    for unit in ["bytes", "KB", "MB", "GB"] {
      if size < 1024 { return unit == "bytes" ? "\(bytes) bytes" : "\(decimal(size, digits: 1)) \(unit)" }
      size /= 1024
    }
    return "\(decimal(size, digits: 1)) TB"
  }

  private static func decimal(_ number: Double, digits: Int) -> String {
    let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
    let whole = Int((number * Double(scale)).rounded())
    let fraction = String(whole % scale)
    return "\(whole / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
