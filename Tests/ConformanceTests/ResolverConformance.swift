import Host
import Packages
import Resolution
import Testing
import Versions

/// Runs the scenarios of `resolver-scenarios/*/*.toml`.
@Suite(.enabled(if: Fixtures.folder != nil))
struct `Resolver scenarios` {
  @Test func `every scenario gives what it expects`() async throws {
    var (passed, failed, leftOut) = (0, 0, 0)
    for path in try Self.paths() {
      let scenario = try ResolverScenario(parsing: try Fixtures.text(path))
      guard scenario.outOfScope == nil else {
        leftOut += 1
        continue
      }
      let problem = await Self.problem(with: scenario)
      if problem == nil { passed += 1 } else { failed += 1 }
      #expect(problem == nil, "\(path): \(problem ?? "")")
    }
    print("resolver-scenarios: \(passed) of \(passed + failed), \(leftOut) left out")
    #expect(passed > 0)
  }

  /// What a scenario gives instead of what it should, if it does.
  private static func problem(with scenario: ResolverScenario) async -> String? {
    let resolver = PythonResolver(index: scenario.index) { file, project in
      try await scenario.index.metadata(of: file, project: project)
    }
    do {
      let resolution = try await resolver.resolve(scenario.request)
      // Of several versions a scenario names the newest.
      let selected = Dictionary(resolution.packages.map { ($0.name, $0.version) }) { $1 }
      guard scenario.isSatisfiable else { return "resolved to \(selected) but has no solution" }
      if let expected = scenario.expected, expected != selected { return "resolved to \(selected), not \(expected)" }
      return nil
    } catch {
      return scenario.isSatisfiable ? "has a solution but gave: \(error)" : nil
    }
  }

  private static func paths() throws -> [String] {
    let root = "resolver-scenarios"
    let folder = Path.join(Fixtures.folder ?? "", root)
    return try Files.list(folder).sorted().flatMap { group in
      try Files.list(Path.join(folder, group)).filter { $0.hasSuffix(".toml") }.sorted().map {
        "\(root)/\(group)/\($0)"
      }
    }
  }
}
