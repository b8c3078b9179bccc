import Host

/// Times Drydock and its peers on the same work, in turns, in one run, and prints a line for each.
///
/// Absolute seconds drift on a shared machine; the ratio of two medians of interleaved runs does so much less.
@main
struct Bench {
  static func main() async throws {
    let arguments = CommandLine.arguments
    if arguments.count > 2, arguments[1] == "--peak" { return try await measurePeak(Array(arguments.dropFirst(2))) }
    guard arguments.count >= 6, arguments.dropFirst(6).allSatisfy({ Self.all.contains($0) }) else {
      let sections = Self.all.joined(separator: "|")
      Terminal.write("usage: drydock-bench DRYDOCK GLUE-ATHENA UV PYTHON WORKDIR [\(sections)…]\n", to: .error)
      CurrentProcess.exit(2)
    }
    let bench = Bench(
      drydock: Path.absolute(arguments[1]), glueAthena: Path.absolute(arguments[2]), uv: Path.absolute(arguments[3]),
      python: Path.absolute(arguments[4]), work: arguments[5])
    try Files.createDirectory(bench.work)
    Terminal.write(Row.heading, to: .output)
    let wanted = arguments.count > 6 ? Array(arguments.dropFirst(6)) : Self.sections
    do {
      for section in wanted { try await bench.run(section) }
    } catch {
      Terminal.write("\(error)\n", to: .error)
      CurrentProcess.exit(1)
    }
  }

  let drydock: String
  let glueAthena: String
  let uv: String
  /// An interpreter that has PyAthena and pandas.
  let python: String
  let work: String

  /// What is timed unless something is asked for; the others resolve twenty lists of requirements, or start Spark again and
  /// again, which takes a quarter of an hour, and limit its memory, which needs root.
  private static let sections = ["resolve", "build", "registry", "athena"]
  private static let all = sections + ["sets", "spark", "endings"]

  private func run(_ section: String) async throws {
    switch section {
    case "resolve": try await resolutions()
    case "sets": try await requirementSets()
    case "build":
      print(try await debianRoot())
      try await pythonImages()
    case "athena":
      for row in [athenaRows, athenaPages, athenaFile, athenaFirstByte, athenaFirstByteLater] { print(try await row()) }
      Terminal.write(try await athenaMemory(), to: .output)
      try await liveness()
    case "spark": try await sparkShuffles()
    case "endings":
      try await exhaustion()
      try await signals()
    default: try await registry()
    }
  }

  func print(_ row: Row) { Terminal.write(row.text, to: .output) }

  /// One line of the table; times in seconds.
  struct Row {
    let work: String
    let peer: String
    let drydock: [Double]
    let others: [Double]

    static let heading = line("WORK", "PEER", "DRYDOCK s", "PEER s", "RATIO")

    var text: String {
      let ours = Self.median(drydock)
      let theirs = Self.median(others)
      return Self.line(work, peer, Self.decimal(ours), Self.decimal(theirs), Self.decimal(ours / theirs))
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func decimal(_ value: Double) -> String {
      let hundredths = Int((value * 100).rounded())
      return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }

    private static func line(_ work: String, _ peer: String, _ numbers: String...) -> String {
      func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
      }
      let columns = numbers.map { String(repeating: " ", count: max(0, 11 - $0.count)) + $0 }
      return pad(work, 46) + pad(peer, 18) + columns.joined() + "\n"
    }
  }

  /// Runs two programs in turns.
  func compare(
    _ work: String, _ peer: String, runs: Int, ours: () async throws -> Subprocess,
    theirs: () async throws -> Subprocess
  ) async throws -> Row {
    var times: ([Double], [Double]) = ([], [])
    for _ in 0..<runs {
      times.0.append(try await time(try await ours()))
      times.1.append(try await time(try await theirs()))
    }
    return Row(work: work, peer: peer, drydock: times.0, others: times.1)
  }

  func time(_ program: Subprocess) async throws -> Double {
    let start = ContinuousClock.now
    let result = try await program.run()
    let duration = ContinuousClock.now - start
    guard result.status == 0 else {
      throw BenchFailure(
        program: program.program, output: "status \(result.status)\n\(result.errorText.suffix(2000))")
    }
    return Double(duration / .microseconds(1)) / 1_000_000
  }

  func environment(_ more: [String: String]) -> [String: String] { Environment.all.merging(more) { $1 } }
}

/// A program of a comparison that failed, so that there is nothing to compare.
struct BenchFailure: Error, CustomStringConvertible {
  let program: String
  let output: String
  var description: String { "\(program) failed:\n\(output)" }

  init(program: String, output: String) {
    self.program = program
    self.output = output
  }

  /// The bench itself failed.
  init(_ reason: String) { self.init(program: "drydock-bench", output: reason) }
}
