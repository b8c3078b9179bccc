/// Finds the newest pins that pass the tests, and what breaks them: a function from the answers so far to the next question.
///
/// So it can be tested with a made-up oracle, and an update that was killed asks nothing twice. The way is this: try the
/// newest of everything. When that fails, find a set that passes: the pins until now, else those of some months ago. Between
/// a set that passes and one that fails, a smallest set of packages is found that have to stay (Junker, "QuickXplain", AAAI
/// 2004), and for each of them, by halving, the first version that fails.
public struct UpdateSearch: Sendable {
  /// What the search needs to know next.
  public enum Question: Sendable, Hashable {
    /// Resolve, build and test this.
    case trial(UpdateTrial)
    /// What versions of a package there are above one and up to another, lowest first.
    case versions(PinName, above: String, upTo: String)
  }

  /// A package that has to stay below a version, and why.
  public struct Culprit: Sendable, Hashable {
    /// The package.
    public let name: PinName
    /// The newest version that passes.
    public let good: String
    /// The first version that fails.
    public let bad: String
    /// What fails with it.
    public let failures: [UpdateVerdict.Failure]

    /// Names a culprit.
    public init(name: PinName, good: String, bad: String, failures: [UpdateVerdict.Failure]) {
      self.name = name
      self.good = good
      self.bad = bad
      self.failures = failures
    }
  }

  /// How the search ended.
  public struct Outcome: Sendable, Hashable {
    /// The trial whose set is to be locked; nil when no set passes.
    public let trial: UpdateTrial?
    /// What has to stay, in the order in which it was found.
    public let culprits: [Culprit]
    /// What failed with the newest of everything.
    public let failures: [UpdateVerdict.Failure]

    /// Describes an end.
    public init(trial: UpdateTrial?, culprits: [Culprit], failures: [UpdateVerdict.Failure]) {
      self.trial = trial
      self.culprits = culprits
      self.failures = failures
    }
  }

  /// The next thing to do.
  public enum Step: Sendable, Hashable {
    /// Answer this.
    case ask(Question)
    /// Nothing is left to ask.
    case finished(Outcome)
  }

  /// The months that are gone back when there are no pins that pass, one after the other.
  static let ages = [3, 6, 12, 24, 48, 96]

  private struct Pending: Error {
    let question: Question
  }

  /// The pins until now; nil when there are none.
  private let current: [PinName: String]?
  /// What the specification asks for by name: likelier culprits than what those need.
  private let direct: Set<PinName>
  /// How each trial went that was asked for.
  public var verdicts: [UpdateTrial: UpdateVerdict] = [:]
  /// The versions of each package that was asked for.
  public var versions: [Question: [String]] = [:]

  /// Begins a search.
  public init(current: [PinName: String]?, direct: Set<PinName>) {
    self.current = current
    self.direct = direct
  }

  /// What to do next, from the answers so far.
  public var next: Step {
    do throws(Pending) { return .finished(try search()) } catch { return .ask(error.question) }
  }

  // MARK: The search

  private func search() throws(Pending) -> Outcome {
    let newest = UpdateTrial()
    let first = try verdict(newest)
    if first.isGood { return Outcome(trial: newest, culprits: [], failures: []) }
    guard let good = try goodLimits(newest: first.versions) else {
      return Outcome(trial: nil, culprits: [], failures: first.failures)
    }
    var limits = try smallest(of: order(good, after: first), above: [])
    var culprits: [Culprit] = []
    for name in limits.keys.sorted(by: { precedes($0, $1, suspects(of: first)) }) {
      guard let culprit = try raise(name, in: &limits, upTo: first.versions?[name]) else { continue }
      culprits.append(culprit)
    }
    return Outcome(trial: UpdateTrial(limits: limits), culprits: culprits, failures: first.failures)
  }

  private func verdict(_ trial: UpdateTrial) throws(Pending) -> UpdateVerdict {
    guard let verdict = verdicts[trial] else { throw Pending(question: .trial(trial)) }
    return verdict
  }

  private func passes(_ limits: [PinName: String]) throws(Pending) -> Bool {
    try verdict(UpdateTrial(limits: limits)).isGood
  }

  /// Limits that lead to a set that passes: the pins until now, else those of a time when all was well.
  private func goodLimits(newest: [PinName: String]?) throws(Pending) -> [PinName: String]? {
    if let current {
      let limits = Self.moved(from: current, to: newest)
      if !limits.isEmpty, try passes(limits) { return limits }
    }
    for age in Self.ages {
      guard case .passed(let versions) = try verdict(UpdateTrial(age: age)) else { continue }
      let limits = Self.moved(from: versions, to: newest)
      // What passes by its date must pass by its versions too, or something else than pins decides.
      if try passes(limits) { return limits }
    }
    return nil
  }

  /// The versions of those packages that the newest set has in another version.
  private static func moved(from old: [PinName: String], to newest: [PinName: String]?) -> [PinName: String] {
    guard let newest else { return old }
    return old.filter { name, version in newest[name].map { $0 != version } ?? false }
  }

  /// A smallest set of limits that passes, given that all of them do.
  ///
  /// - Parameters:
  ///   - candidates: The likeliest first, which makes for few trials.
  ///   - fixed: Limits that apply already.
  private func smallest(
    of candidates: [(PinName, String)], above fixed: [(PinName, String)], changed: Bool = true
  ) throws(Pending) -> [PinName: String] {
    if changed, try passes(Dictionary(uniqueKeysWithValues: fixed)) { return [:] }
    if candidates.count <= 1 { return Dictionary(uniqueKeysWithValues: candidates) }
    let half = candidates.count / 2
    let (likely, others) = (Array(candidates[..<half]), Array(candidates[half...]))
    let second = try smallest(of: others, above: fixed + likely)
    let first = try smallest(of: likely, above: fixed + second.map { ($0.key, $0.value) }, changed: !second.isEmpty)
    return first.merging(second) { $1 }
  }

  /// Finds the newest version of a package that passes while all other limits hold, and the first that does not.
  private func raise(
    _ name: PinName, in limits: inout [PinName: String], upTo newest: String?
  ) throws(Pending) -> Culprit? {
    guard let low = limits[name], let newest else { return nil }
    let question = Question.versions(name, above: low, upTo: newest)
    guard let listed = versions[question] else { throw Pending(question: question) }
    // What is above the newest set's own version can't be told apart from it; that one fails, as the limit is needed.
    let candidates = [low] + listed
    var (good, bad) = (0, candidates.count)
    func trial(_ place: Int) -> UpdateTrial {
      var raised = limits
      raised[name] = candidates[place]
      return UpdateTrial(limits: raised)
    }
    while bad - good > 1 {
      let middle = (good + bad) / 2
      if try verdict(trial(middle)).isGood { good = middle } else { bad = middle }
    }
    guard bad < candidates.count else {
      // Even the newest passes by now: a limit that was raised before made this one needless.
      limits[name] = nil
      return nil
    }
    let failures = try verdict(trial(bad)).failures
    limits[name] = candidates[good]
    return Culprit(name: name, good: candidates[good], bad: candidates[bad], failures: failures)
  }

  // MARK: Order

  private func suspects(of verdict: UpdateVerdict) -> [PinName] {
    if case .failed(_, _, let suspects) = verdict { suspects } else { [] }
  }

  private func order(_ limits: [PinName: String], after verdict: UpdateVerdict) -> [(PinName, String)] {
    let suspects = suspects(of: verdict)
    return limits.sorted { precedes($0.key, $1.key, suspects) }.map { ($0.key, $0.value) }
  }

  /// Suspects before what was asked for by name before all else.
  private func precedes(_ first: PinName, _ second: PinName, _ suspects: [PinName]) -> Bool {
    func rank(_ name: PinName) -> Int {
      suspects.firstIndex(of: name) ?? (suspects.count + (direct.contains(name) ? 0 : 1))
    }
    let ranks = (rank(first), rank(second))
    return ranks.0 == ranks.1 ? first < second : ranks.0 < ranks.1
  }
}
