import Host
import TestSupport

/// `glue-athena query` beside PyAthena, both asking one fake Athena.
extension Bench {
  /// Rows as a table of orders might have them.
  private static let result = FakeAthenaResult(
    [
      (name: "id", type: "bigint"), (name: "customer", type: "varchar"), (name: "price", type: "double"),
      (name: "day", type: "date"), (name: "note", type: "varchar"),
    ],
    (0..<1000).map { index in
      [
        "\(1_000_000 + index)", "customer \(index % 97)", "\(index).25", "2024-05-\(10 + index % 20)",
        index % 10 == 0 ? nil : "a \"note\" on order \(index)",
      ]
    }, repeatedTo: 1_000_000)

  private func query(_ server: FakeAthena, _ words: [String]) -> Subprocess {
    // A pipe that is read at once, and no memory for what comes through it.
    Subprocess(
      "sh", ["-c", "\"$0\" query 'SELECT *' --quiet --format csv \"$@\" | cat > /dev/null", glueAthena] + words,
      environment: environment(server.environment))
  }

  private func pyathena(_ server: FakeAthena, _ body: String) -> Subprocess {
    let script = """
      import csv, sys
      from pyathena import connect
      connection = connect(s3_staging_dir="s3://\(FakeAthena.bucket)/results/", region_name="eu-central-1")
      \(body)
      """
    return Subprocess(
      "sh", ["-c", "'\(python)' -c \"$0\" | cat > /dev/null", script], environment: environment(server.environment))
  }

  private static let rowByRow = """
    cursor = connection.cursor().execute("SELECT *")
    csv.writer(sys.stdout).writerows(cursor)
    """

  /// A thousand rows a page, a thousand pages.
  func athenaPages() async throws -> Row {
    let server = FakeAthena { _ in .init(Self.result) }
    defer { server.stop() }
    return try await compare(
      "1 M rows from Athena's pages, to CSV", "PyAthena Cursor", runs: 3,
      ours: { query(server, ["--results", "pages"]) }, theirs: { pyathena(server, Self.rowByRow) })
  }

  /// Whatever way is the program's own.
  func athenaRows() async throws -> Row {
    let server = FakeAthena { _ in .init(Self.result) }
    defer { server.stop() }
    return try await compare(
      "1 M rows from Athena, to CSV", "PyAthena Cursor", runs: 3,
      ours: { query(server, []) }, theirs: { pyathena(server, Self.rowByRow) })
  }

  /// The result's file in S3, on both sides.
  func athenaFile() async throws -> Row {
    let server = FakeAthena { _ in .init(Self.result) }
    defer { server.stop() }
    return try await compare(
      "1 M rows from the result's file, to CSV", "PandasCursor", runs: 3,
      ours: { query(server, ["--results", "file"]) },
      theirs: {
        pyathena(
          server,
          """
          from pyathena.pandas.cursor import PandasCursor
          connection.cursor(PandasCursor).execute("SELECT *").as_pandas().to_csv(sys.stdout, index=False)
          """)
      })
  }

  /// From the start of the program to its first byte, with a statement that has its result at once.
  func athenaFirstByte() async throws -> Row { try await firstByte(after: 0) }

  /// The same with a statement that takes a third of a second: no client has less than that.
  func athenaFirstByteLater() async throws -> Row { try await firstByte(after: 300) }

  private func firstByte(after milliseconds: Int) async throws -> Row {
    let small = FakeAthenaResult([(name: "a", type: "integer")], [["1"]])
    let server = FakeAthena { _ in
      var behaviour = FakeAthena.Behaviour(small)
      behaviour.duration = .milliseconds(milliseconds)
      return behaviour
    }
    defer { server.stop() }
    return try await compare(
      "a statement of \(milliseconds) ms, start to first byte", "PyAthena Cursor", runs: 5,
      ours: { query(server, []) }, theirs: { pyathena(server, Self.rowByRow) })
  }

  /// The most memory that the program takes, in megabytes: for few rows, and for a hundred times as many.
  func athenaMemory() async throws -> String {
    var peaks: [String] = []
    for count in [10_000, 1_000_000] {
      let result = FakeAthenaResult(
        [(name: "id", type: "bigint"), (name: "note", type: "varchar")],
        (0..<1000).map { ["\($0)", "a note on order \($0), long enough to be one"] }, repeatedTo: count)
      for source in ["pages", "file"] {
        let server = FakeAthena { _ in .init(result) }
        defer { server.stop() }
        let script = """
          import resource, subprocess, sys
          subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
          print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
          """
        let words = [glueAthena, "query", "SELECT *", "--quiet", "--format", "csv", "--results", source]
        let run = try await Subprocess(
          python, ["-c", script] + words, environment: environment(server.environment)
        ).run()
        peaks.append("\(run.text.filter(\.isNumber)) MB (\(count) rows, \(source))")
      }
    }
    return "peak memory of glue-athena query: " + peaks.joined(separator: ", ") + "\n"
  }
}
