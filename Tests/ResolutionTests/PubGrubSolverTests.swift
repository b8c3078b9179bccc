import Synchronization
import TestSupport
import Testing
import Versions

@testable import Resolution

/// A version that is a number.
private struct Number: SolverVersion, ExpressibleByIntegerLiteral {
  let value: Int

  init(_ value: Int) { self.value = value }
  init(integerLiteral value: Int) { self.value = value }

  var lowerCut: Int { value }
  var upperCut: Int { value + 1 }
  var description: String { String(value) }

  static func < (left: Number, right: Number) -> Bool { left.value < right.value }
  static func spansOneVersion(from lower: Int, to upper: Int) -> Bool { upper == lower + 1 }
}

private enum Name: SolverPackage {
  case root
  case package(String)

  var family: String? { if case .package(let name) = self { name } else { nil } }
}

/// A universe of packages: versions and what they need, as lower and upper bounds that are both admitted.
private final class Universe: DependencyProvider {
  typealias Need = (String, ClosedRange<Int>)

  let packages: [String: [Int: [Need]]]
  let request: [Need]
  let decisions = Mutex<[String]>([])

  init(_ packages: [String: [Int: [Need]]], request: [Need]) {
    self.packages = packages
    self.request = request
  }

  func choice(of package: Name, in versions: VersionRanges<Int>) async throws -> VersionChoice<Number, String> {
    guard let name = package.family else { return .version(0) }
    guard let known = packages[name] else { return .unavailablePackage("does not exist") }
    let newest = known.keys.filter { versions.contains(from: $0) }.max()
    if let newest { decisions.withLock { $0.append("\(name) \(newest)") } }
    return newest.map { .version(Number($0)) } ?? .none
  }

  func dependencies(of package: Name, at version: Number) async throws -> VersionDependencies<Name, Number, String> {
    let needs = package.family.map { packages[$0]?[version.value] ?? [] } ?? request
    return .known(
      needs.map { (.package($0.0), VersionRanges(from: $0.1.lowerBound, to: $0.1.upperBound + 1)) })
  }

  func prefetch(_ candidates: [(package: Name, versions: VersionRanges<Int>)]) {}

  func solve() async throws -> [String: Int] {
    let selection = try await Solver.solve(root: .root, version: 0, provider: self)
    return Dictionary(
      uniqueKeysWithValues: selection.compactMap { package, version in package.family.map { ($0, version.value) } })
  }
}

@Suite struct `PubGrub` {
  @Test func `the newest versions are selected where nothing stands against them`() async throws {
    let universe = Universe(
      ["a": [1: [], 2: [("b", 1...2)]], "b": [1: [], 2: [], 3: []]], request: [("a", 1...9)])
    #expect(try await universe.solve() == ["a": 2, "b": 2])
  }

  @Test func `a decision that leads nowhere is taken back`() async throws {
    let universe = Universe(
      [
        "a": [1: [("c", 1...1)], 2: [("c", 2...2)]], "b": [1: [("c", 1...1)]], "c": [1: [], 2: []],
      ], request: [("a", 1...9), ("b", 1...9)])
    #expect(try await universe.solve() == ["a": 1, "b": 1, "c": 1])
  }

  @Test func `conflicts jump over decisions that have nothing to do with them`() async throws {
    let universe = Universe(
      [
        "a": [1: [], 2: [("z", 1...1)]], "m": [1: [], 2: [], 3: []], "z": [1: [("q", 1...1)]],
      ], request: [("a", 1...9), ("m", 1...9)])
    #expect(try await universe.solve() == ["a": 1, "m": 3])
    #expect(universe.decisions.withLock { $0 }.filter { $0.hasPrefix("m") }.count <= 2)
  }

  @Test func `what is asked for exactly is decided first`() async throws {
    let universe = Universe(
      ["a": [1: [], 2: []], "b": [1: [("a", 1...1)], 2: []]], request: [("a", 1...9), ("b", 1...1)])
    #expect(try await universe.solve() == ["a": 1, "b": 1])
    #expect(universe.decisions.withLock { $0 } == ["b 1", "a 1"])
  }

  @Test func `an older version is not reached for when a newer one of the culprit would do`() async throws {
    var culprit: [Int: [Universe.Need]] = [1: []]
    for version in 2...20 { culprit[version] = [("a", 1...1)] }
    let universe = Universe(["a": [1: [], 2: []], "b": culprit], request: [("a", 1...9), ("b", 1...99)])
    #expect(try await universe.solve() == ["a": 1, "b": 20])
  }

  @Test func `no solution is a proof that names the facts`() async throws {
    let universe = Universe(
      ["a": [1: [("c", 1...1)]], "b": [1: [("c", 2...2)]], "c": [1: [], 2: []]],
      request: [("a", 1...9), ("b", 1...9)])
    do {
      _ = try await universe.solve()
      Issue.record("there is no solution")
    } catch let error as UnsolvableError<Universe> {
      let names = error.graph.externalFacts.flatMap {
        error.graph.facts[$0].terms.map { error.graph.packages[$0.package] }
      }
      #expect(Set(names.compactMap(\.family)) == ["a", "b", "c"])
      guard case .derived = error.graph.facts[error.graph.failure].cause else {
        Issue.record("the conclusion is not derived")
        return
      }
    }
  }

  @Test func `packages that need each other are no trouble`() async throws {
    let universe = Universe(
      ["a": [1: [("b", 1...1)], 2: [("b", 2...2)]], "b": [1: [("a", 1...1)], 2: [("a", 1...1)]]],
      request: [("a", 1...9)])
    #expect(try await universe.solve() == ["a": 1, "b": 1])
  }

  @Test(arguments: 0..<200)
  func `a made-up universe is solved if and only if trying everything solves it`(_ seed: UInt64) async throws {
    var random = SplitMix(seed: seed)
    let names = ["a", "b", "c", "d"]
    var packages: [String: [Int: [Universe.Need]]] = [:]
    for name in names {
      for version in 1...3 {
        packages[name, default: [:]][version] = names.filter {
          $0 != name && Int.random(in: 0..<3, using: &random) == 0
        }.map {
          let lower = 1 + Int.random(in: 0..<3, using: &random)
          return ($0, lower...lower + Int.random(in: 0..<2, using: &random))
        }
      }
    }
    let request: [Universe.Need] = [("a", 1...3), ("b", 1...(1 + Int.random(in: 0..<3, using: &random)))]
    let universe = Universe(packages, request: request)
    let solution = try? await universe.solve()
    #expect((solution != nil) == Self.canBeSolved(request, packages))
    if let solution { #expect(Self.holds(solution, request, packages)) }
  }

  private static func holds(
    _ solution: [String: Int], _ request: [Universe.Need], _ packages: [String: [Int: [Universe.Need]]]
  ) -> Bool {
    let needs = request + solution.flatMap { packages[$0.key]?[$0.value] ?? [] }
    return needs.allSatisfy { need in solution[need.0].map(need.1.contains) ?? false }
  }

  private static func canBeSolved(
    _ request: [Universe.Need], _ packages: [String: [Int: [Universe.Need]]], _ chosen: [String: Int] = [:]
  ) -> Bool {
    let needs = request + chosen.flatMap { packages[$0.key]?[$0.value] ?? [] }
    guard needs.allSatisfy({ need in chosen[need.0].map(need.1.contains) ?? true }) else { return false }
    guard let open = needs.first(where: { chosen[$0.0] == nil }) else { return true }
    return (packages[open.0] ?? [:]).keys.contains { version in
      canBeSolved(request, packages, chosen.merging([open.0: version]) { $1 })
    }
  }
}
