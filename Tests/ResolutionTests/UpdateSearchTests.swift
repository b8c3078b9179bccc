import Resolution
import Testing

/// The search of an update, with a made-up world for an oracle.
@Suite struct `Update search` {
  /// Packages with their versions, each with its age in months, and what breaks.
  struct World: Sendable {
    /// Versions, lowest first, by package.
    var versions: [String: [(version: Int, age: Int)]]
    /// The tests that a set fails, in words.
    var failures: @Sendable ([String: Int]) -> [String]
    var suspects: [String] = []

    /// The newest set below a trial's limits; nil when something has no version that fits.
    func set(_ trial: UpdateTrial) -> [String: Int]? {
      var chosen: [String: Int] = [:]
      for (name, versions) in versions {
        let limit = trial.limits[PinName(.python, name)].flatMap { Int($0) } ?? .max
        guard let best = versions.last(where: { $0.version <= limit && $0.age >= trial.age ?? 0 }) else { return nil }
        chosen[name] = best.version
      }
      return chosen
    }

    func verdict(_ trial: UpdateTrial) -> UpdateVerdict {
      guard let set = set(trial) else { return .impossible("no version fits") }
      let pins = Dictionary(uniqueKeysWithValues: set.map { (PinName(.python, $0.key), String($0.value)) })
      let failures = failures(set)
      if failures.isEmpty { return .passed(pins) }
      return .failed(
        pins, failures.map { UpdateVerdict.Failure(test: $0, error: "Error: \($0)") },
        suspects: suspects.map { PinName(.python, $0) })
    }

    /// Runs a search to its end; gives its outcome and the number of trials.
    func search(from current: [String: Int]?) -> (UpdateSearch.Outcome, trials: Int) {
      let pins = current.map {
        Dictionary(uniqueKeysWithValues: $0.map { (PinName(.python, $0.key), String($0.value)) })
      }
      var search = UpdateSearch(current: pins, direct: [])
      while true {
        switch search.next {
        case .finished(let outcome): return (outcome, search.verdicts.count)
        case .ask(.trial(let trial)): search.verdicts[trial] = verdict(trial)
        case .ask(.versions(let name, let low, let high)):
          let range = (Int(low) ?? 0)...(Int(high) ?? 0)
          search.versions[.versions(name, above: low, upTo: high)] = versions[name.name, default: []].map(\.version)
            .filter { range.contains($0) && $0 != range.lowerBound }.map(String.init)
        }
      }
    }
  }

  /// Twelve packages of thirty versions, one a month.
  static func world(
    suspects: [String] = [], _ failures: @escaping @Sendable ([String: Int]) -> [String]
  ) -> World {
    let names = (0..<12).map { "p\($0)" }
    let versions = (1...30).map { (version: $0, age: 30 - $0) }
    return World(
      versions: Dictionary(uniqueKeysWithValues: names.map { ($0, versions) }), failures: failures, suspects: suspects)
  }

  static let old = Dictionary(uniqueKeysWithValues: (0..<12).map { ("p\($0)", 5) })

  static func pin(_ name: String) -> PinName { PinName(.python, name) }

  @Test func `when the newest passes nothing else is tried`() {
    let (outcome, trials) = Self.world { _ in [] }.search(from: Self.old)
    #expect(outcome.trial == UpdateTrial())
    #expect(outcome.culprits == [])
    #expect(trials == 1)
  }

  struct Break: Sendable, CustomTestStringConvertible {
    /// The first version that breaks, by package.
    let bad: [String: Int]
    let suspects: [String]
    let mostTrials: Int
    var testDescription: String { "\(bad), suspecting \(suspects)" }
  }

  static let breaks = [
    Break(bad: ["p3": 17], suspects: [], mostTrials: 14),
    Break(bad: ["p3": 17], suspects: ["p3"], mostTrials: 13),
    Break(bad: ["p0": 6], suspects: [], mostTrials: 14),
    Break(bad: ["p11": 30], suspects: [], mostTrials: 16),
    Break(bad: ["p2": 10, "p9": 20], suspects: [], mostTrials: 26),
    Break(bad: ["p2": 10, "p9": 20], suspects: ["p9", "p2"], mostTrials: 22),
    Break(bad: ["p1": 7, "p5": 8, "p10": 29], suspects: [], mostTrials: 38),
  ]

  @Test(arguments: breaks)
  func `every package that breaks is found with its first bad version`(_ table: Break) throws {
    let world = Self.world(suspects: table.suspects) { set in
      table.bad.filter { (set[$0.key] ?? 0) >= $0.value }.map { "needs \($0.key)" }.sorted()
    }
    let (outcome, trials) = world.search(from: Self.old)
    let found = Dictionary(uniqueKeysWithValues: outcome.culprits.map { ($0.name.name, Int($0.bad) ?? 0) })
    #expect(found == table.bad)
    for culprit in outcome.culprits {
      #expect(Int(culprit.good) == (Int(culprit.bad) ?? 0) - 1)
      #expect(culprit.failures.map(\.test).contains("needs \(culprit.name.name)"))
    }
    #expect(trials <= table.mostTrials, "\(trials)")
    // What is kept passes, and all else is the newest.
    let trial = try #require(outcome.trial)
    let set = try #require(world.set(trial))
    #expect(world.failures(set) == [])
    #expect(set.filter { $0.value != 30 }.count == table.bad.count)
  }

  @Test func `two packages that break only together are told by the one that is held`() throws {
    let world = Self.world { set in (set["p4"] ?? 0) >= 12 && (set["p7"] ?? 0) >= 20 ? ["both"] : [] }
    let (outcome, _) = world.search(from: Self.old)
    #expect(outcome.culprits.count == 1)
    let trial = try #require(outcome.trial)
    let set = try #require(world.set(trial))
    #expect(world.failures(set) == [])
    #expect(set.filter { $0.value != 30 }.count == 1)
  }

  @Test func `without pins that pass a set of some months ago is found first`() throws {
    // Both break in the last year: a set of 24 months ago passes, one of 12 months ago does not.
    let world = Self.world { set in
      ["p2": 10, "p9": 15].filter { (set[$0.key] ?? 0) >= $0.value }.map { "needs \($0.key)" }.sorted()
    }
    for current in [nil, Dictionary(uniqueKeysWithValues: (0..<12).map { ("p\($0)", 29) })] {
      let (outcome, _) = world.search(from: current)
      #expect(
        Dictionary(uniqueKeysWithValues: outcome.culprits.map { ($0.name.name, $0.bad) }) == ["p2": "10", "p9": "15"])
    }
  }

  @Test func `when nothing passes the failures are told and nothing is kept`() {
    let (outcome, trials) = Self.world { _ in ["always"] }.search(from: Self.old)
    #expect(outcome.trial == nil)
    #expect(outcome.failures.map(\.test) == ["always"])
    #expect(trials <= 8)
  }

  @Test func `a set that can't be had counts as one that fails`() throws {
    var world = Self.world { set in (set["p3"] ?? 0) >= 17 ? ["needs p3"] : [] }
    world.versions["p8"] = [(version: 9, age: 3)]
    let (outcome, _) = world.search(from: Self.old.merging(["p8": 9]) { $1 })
    #expect(outcome.culprits.map(\.name) == [Self.pin("p3")])
  }

  @Test func `answers that are known are not asked for again`() {
    let world = Self.world { set in (set["p3"] ?? 0) >= 17 ? ["needs p3"] : [] }
    var search = UpdateSearch(
      current: Dictionary(uniqueKeysWithValues: Self.old.map { (Self.pin($0.key), String($0.value)) }), direct: [])
    var asked: Set<UpdateTrial> = []
    while case .ask(let question) = search.next {
      switch question {
      case .trial(let trial):
        #expect(asked.insert(trial).inserted)
        search.verdicts[trial] = world.verdict(trial)
        // A new search with the same answers goes on where this one is.
        var other = UpdateSearch(
          current: Dictionary(uniqueKeysWithValues: Self.old.map { (Self.pin($0.key), String($0.value)) }), direct: [])
        other.verdicts = search.verdicts
        other.versions = search.versions
        #expect(other.next == search.next)
      case .versions(let name, let low, let high):
        search.versions[.versions(name, above: low, upTo: high)] = ((Int(low) ?? 0) + 1...(Int(high) ?? 0)).map(
          String.init)
      }
    }
    #expect(asked.count > 3)
  }
}
