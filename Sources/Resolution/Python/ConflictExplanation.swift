import Versions

/// Turns the proof that requirements can't be satisfied into sentences.
///
/// Each sentence joins as many given facts as a reader can hold in mind; what needs more is proved in a sentence of its
/// own first.
struct ConflictExplanation {
  typealias Graph = DerivationGraph<PythonPackage, PEP440Version, PythonUnavailability>
  typealias Fact = Incompatibility<PEP440Version, PythonUnavailability>

  /// The most facts in one sentence.
  private static let clauseLimit = 4

  private let graph: Graph
  private let knownVersions: (PackageName) -> [PEP440Version]
  /// How many conclusions rest on each fact.
  private let uses: [Int: Int]
  /// The packages of which something needs versions that do not exist.
  private let unmet: Set<Int>

  init(_ graph: Graph, knownVersions: @escaping (PackageName) -> [PEP440Version]) {
    self.graph = graph
    self.knownVersions = knownVersions
    var (uses, open): ([Int: Int], [Int]) = ([:], [graph.failure])
    while let fact = open.popLast() {
      guard case .derived(let first, let second) = graph.facts[fact].cause else { continue }
      for cause in [first, second] {
        uses[cause, default: 0] += 1
        if uses[cause] == 1 { open.append(cause) }
      }
    }
    self.uses = uses
    unmet = Set(
      graph.externalFacts.compactMap { fact in
        guard case .dependency(_, let target) = graph.facts[fact].cause, let project = graph.packages[target].family,
          let wanted = graph.facts[fact].term(on: target)?.negated.positiveSet,
          !knownVersions(project).contains(where: { wanted.contains(from: $0.lowerCut) })
        else { return nil }
        return target
      })
  }

  /// The proof, conclusion last.
  var sentences: [String] {
    // Children first, without recursion: proofs can be deeper than the stack.
    var (order, open): ([Int], [(fact: Int, isReady: Bool)]) = ([], [(graph.failure, false)])
    var seen: Set<Int> = []
    while let (fact, isReady) = open.popLast() {
      if isReady {
        order.append(fact)
      } else if seen.insert(fact).inserted {
        open.append((fact, true))
        open += causes(of: fact).filter(isDerived).reversed().map { ($0, false) }
      }
    }
    var numbers: [Int: Int] = [:]
    return order.enumerated().map { place, fact in
      let previous = place > 0 ? order[place - 1] : nil
      let isReferredTo =
        place + 1 < order.count && (!causes(of: order[place + 1]).contains(fact) || (uses[fact] ?? 0) > 1)
      let text = sentence(for: fact, after: previous, numbers: numbers)
      guard isReferredTo else { return text }
      numbers[fact] = numbers.count + 1
      return text + " (\(numbers.count))"
    }
  }

  // MARK: Structure

  /// What a conclusion rests on, once small conclusions in between are left out.
  private func causes(of fact: Int) -> [Int] {
    var causes = directCauses(of: fact)
    while true {
      let expandable = causes.indices.first { place in
        guard isDerived(causes[place]), uses[causes[place]] == 1 else { return false }
        let inner = directCauses(of: causes[place])
        return inner.count == 1 || causes.count - 1 + inner.count <= Self.clauseLimit
      }
      guard let expandable else { break }
      causes.replaceSubrange(expandable...expandable, with: directCauses(of: causes[expandable]))
    }
    return causes.enumerated().filter { !causes[..<$0.offset].contains($0.element) }.map(\.element)
  }

  private func directCauses(of fact: Int) -> [Int] {
    guard case .derived(let first, let second) = graph.facts[fact].cause else { return [] }
    return [first, second].filter { !isSelfEvident($0) }
  }

  private func isDerived(_ fact: Int) -> Bool {
    if case .derived = graph.facts[fact].cause { true } else { false }
  }

  /// Facts that only hold the proof together: the root is wanted, a feature belongs to its project, and there are no
  /// versions between those that there are.
  private func isSelfEvident(_ fact: Int) -> Bool {
    switch graph.facts[fact].cause {
    case .root: return true
    case .dependency(let package, _):
      if case .projectWithExtra = graph.packages[package] { return true }
      return false
    case .noVersions:
      return !unmet.contains(graph.facts[fact].terms[0].package)
    case .unavailable, .derived: return false
    }
  }

  // MARK: Sentences

  private func sentence(for fact: Int, after previous: Int?, numbers: [Int: Int]) -> String {
    var given = causes(of: fact)
    let followsPrevious = previous.map(given.contains) ?? false
    if followsPrevious { given.removeAll { $0 == previous } }
    let required = given.compactMap(requiredByRoot)
    var texts = given.filter { requiredByRoot($0) == nil }.map { cause in
      clause(for: cause) + (numbers[cause].map { " (\($0))" } ?? "")
    }
    if !required.isEmpty { texts.append("you require \(Self.list(required))") }
    let conclusion = conclusion(for: graph.facts[fact])
    guard !texts.isEmpty else { return "So \(conclusion)." }
    return "\(followsPrevious ? "And because" : "Because") \(Self.list(texts)), \(conclusion)."
  }

  /// What the user requires according to a fact, if that is what it says.
  private func requiredByRoot(_ fact: Int) -> String? {
    guard case .dependency(let package, let target) = graph.facts[fact].cause, graph.packages[package] == .root else {
      return nil
    }
    return wanted(target, by: fact)
  }

  private func wanted(_ target: Int, by fact: Int) -> String {
    graph.facts[fact].term(on: target).map { name(target) + Self.versions($0) }
      ?? "an impossible version of \(name(target))"
  }

  private func clause(for fact: Int) -> String {
    let terms = graph.facts[fact].terms
    switch graph.facts[fact].cause {
    case .noVersions:
      return noVersionsClause(terms[0])
    case .unavailable(.unknownProject):
      return "\(name(terms[0].package)) is in no index"
    case .unavailable(let reason):
      return "\(subject(terms[0])) \(reason)"
    case .dependency(let package, let target):
      guard let owner = terms.first(where: { $0.package == package }) else { return conclusion(for: graph.facts[fact]) }
      return "\(subject(owner)) depends on \(wanted(target, by: fact))"
    case .root, .derived:
      return conclusion(for: graph.facts[fact])
    }
  }

  private func noVersionsClause(_ entry: (package: Int, term: Term<PEP440Cut>)) -> String {
    let known = graph.packages[entry.package].family.map(knownVersions) ?? []
    let wanted = Self.versions(entry.term)
    guard let newest = known.last else { return "\(name(entry.package)) has no files" }
    guard !wanted.isEmpty else { return "\(name(entry.package)) has no version that can be used" }
    let range =
      known.count == 1 ? "the only one is \(newest)" : "there are \(known.count), from \(known[0]) to \(newest)"
    return "there is no version of \(name(entry.package))\(wanted) (\(range))"
  }

  /// What a fact says about the packages in its terms.
  private func conclusion(for fact: Fact) -> String {
    let terms = fact.terms.filter { graph.packages[$0.package] != .root }
    let selected = terms.filter { $0.term.positiveSet != nil }.map(subject)
    let needed = terms.filter { $0.term.positiveSet == nil }.map { name($0.package) + Self.versions($0.term) }
    switch (selected.count, needed.count) {
    case (0, 0): return "your requirements can't be satisfied"
    case (0, _): return "\(Self.list(needed, "or")) is needed"
    case (1, 0): return "\(selected[0]) can't be used"
    case (_, 0): return "\(Self.list(selected)) can't be used together"
    case (1, _): return "\(selected[0]) needs \(Self.list(needed, "or"))"
    default: return "\(Self.list(selected)) together need \(Self.list(needed, "or"))"
    }
  }

  /// A package with the versions in question, as far as they tell existing versions apart.
  private func subject(_ entry: (package: Int, term: Term<PEP440Cut>)) -> String {
    let known = graph.packages[entry.package].family.map(knownVersions) ?? []
    guard let set = entry.term.positiveSet, !known.isEmpty else {
      return name(entry.package) + Self.versions(entry.term)
    }
    let inside = known.filter { set.contains(from: $0.lowerCut) }
    if inside.count == 1 { return "\(name(entry.package))==\(inside[0])" }
    let simplified = set.simplified(over: known.map(\.lowerCut))
    if simplified.isFull { return "every version of \(name(entry.package))" }
    return name(entry.package) + (simplified.isEmpty ? set : simplified).description
  }

  private func name(_ package: Int) -> String {
    switch graph.packages[package] {
    case .root: "your request"
    case .project(let name): name.description
    case .projectWithExtra(let name, let extra), .extra(let name, let extra): "\(name)[\(extra)]"
    }
  }

  private static func versions(_ term: Term<PEP440Cut>) -> String {
    switch term {
    case .positive(let set), .negative(let set): set.description
    }
  }

  private static func list(_ texts: [String], _ word: String = "and") -> String {
    guard texts.count > 1, let last = texts.last else { return texts.first ?? "" }
    return "\(texts.dropLast().joined(separator: ", ")) \(word) \(last)"
  }
}
