import Packages
import Synchronization
import Versions

/// Decides which file of a version is installed on a platform, or why none is.
final class PythonFileRules: Sendable {
  let target: PythonTarget
  /// Versions that may be used although they were yanked.
  let allowedYanks: [PackageName: Set<PEP440Version>]
  /// Projects whose wheels are not to be used.
  let noWheels: PythonRequest.Selection
  /// Projects that are not to be built.
  let noBuilds: PythonRequest.Selection
  /// The only files that may be used of a project, by sha256.
  let allowedDigests: [PackageName: Set<String>]
  /// The oldest Python of the target; `nil` if it has none.
  private let oldestPython: PEP440Version?
  /// What was found out about `Requires-Python` texts: a project repeats the same few on thousands of files.
  private let pythonSupport = Mutex<[String: Support]>([:])

  init(_ request: PythonRequest, allowedYanks: [PackageName: Set<PEP440Version>]) {
    target = request.target
    self.allowedYanks = allowedYanks
    noWheels = request.noWheels
    noBuilds = request.noBuilds
    allowedDigests = request.allowedDigests
    switch request.target {
    case .platform(let platform): oldestPython = platform.python
    case .environments(let set): oldestPython = set.oldestPython
    }
  }

  /// Returns the file to install of those of one version: the best wheel, else the source distribution.
  func choose(
    from files: some Collection<PythonFile>, of project: PackageName, at version: PEP440Version
  ) -> Result<PythonFile, PythonUnavailability.Refusal> {
    var refusals: [PythonUnavailability] = []
    var bestWheel: (file: PythonFile, rank: Int, build: WheelName.BuildTag?)?
    var source: PythonFile?
    var foreignTags: [String] = []
    for file in files {
      if let refusal = refusal(of: file, project, version) {
        refusals.append(refusal)
        continue
      }
      switch file.kind {
      case .sourceDistribution:
        // `.tar.gz` is the format of the specification; a project that has others has it too.
        if source == nil || file.fileName.hasSuffix(".tar.gz") { source = file }
      case .wheel(let name):
        guard !noWheels.contains(project) else {
          refusals.append(.wheelsNotAllowed)
          continue
        }
        guard let rank = target.rank(of: name) else {
          if !foreignTags.contains(name.compressedTags) { foreignTags.append(name.compressedTags) }
          continue
        }
        if let best = bestWheel, !Self.isBetter((rank, name.build), than: (best.rank, best.build)) { continue }
        bestWheel = (file, rank, name.build)
      }
    }
    if let bestWheel { return .success(bestWheel.file) }
    if let source {
      guard noBuilds.contains(project) else { return .success(source) }
      return .failure(.init(.buildNotAllowed))
    }
    // Of several reasons the one that says most: a file that would fit but for Python's version or a yank.
    return .failure(.init(refusals.first ?? .noCompatibleWheel(tags: foreignTags)))
  }

  /// Whether the hashes that the request names, if any, are those of a file, and some Python of the target may use it.
  ///
  /// What system a wheel is for does not matter: hashes of the others let the same list serve elsewhere.
  func admits(_ file: PythonFile, of project: PackageName) -> Bool {
    refusal(of: file, project, file.version) == nil
  }

  /// The rules that apply to wheels and source distributions alike.
  private func refusal(
    of file: PythonFile, _ project: PackageName, _ version: PEP440Version
  ) -> PythonUnavailability? {
    if let reason = file.yankReason, allowedYanks[project]?.contains(version) != true { return .yanked(reason) }
    if let text = file.requiresPython, !python(isInReachOf: text) { return .requiresPython(text) }
    if let allowed = allowedDigests[project], !(file.sha256.map(allowed.contains) ?? false) { return .notAmongHashes }
    return nil
  }

  /// Whether a `Requires-Python` text admits the platform's Python; upper ends do not count for several environments.
  func python(isWithin text: String) -> Bool { support(in: text).isWithin }

  /// Whether the target's Python, or some of it, is not too old for a `Requires-Python` text.
  ///
  /// Upper ends are often guesses about the future, and a request may leave nothing else.
  func python(isInReachOf text: String) -> Bool { support(in: text).isInReach }

  /// The oldest Python that a `Requires-Python` text admits, if the target begins before it and reaches beyond.
  func boundary(of text: String) -> PEP440Version? { support(in: text).boundary }

  private struct Support {
    var isWithin = false
    var isInReach = false
    var boundary: PEP440Version?
  }

  /// Judges a text once; one that can't be read admits no Python, as it may mean anything.
  private func support(in text: String) -> Support {
    pythonSupport.withLock { known in
      if let answer = known[text] { return answer }
      let answer = (try? PEP440SpecifierSet(parsing: text, dialect: .lenient)).map(support) ?? Support()
      known[text] = answer
      return answer
    }
  }

  /// Judges the versions of Python that a set admits.
  private func support(in set: PEP440SpecifierSet) -> Support {
    guard let first = set.ranges.intervals.first else { return Support() }
    switch target {
    case .platform(let platform):
      return Support(
        isWithin: set.contains(platform.python),
        isInReach: first.lower.map { $0 <= platform.python.lowerCut } ?? true)
    case .environments(let environments):
      guard let lower = first.lower else { return Support(isWithin: true, isInReach: true) }
      if let oldestPython, lower <= oldestPython.lowerCut { return Support(isWithin: true, isInReach: true) }
      let oldest = lower.version
      let isInReach = !environments.isDisjoint(with: EnvironmentSet(pythonFrom: oldest))
      return Support(isWithin: isInReach, isInReach: isInReach, boundary: isInReach ? oldest : nil)
    }
  }

  /// Whether the target's Python is not older than the oldest that a set admits.
  func python(isInReachOf set: PEP440SpecifierSet) -> Bool { support(in: set).isInReach }

  /// A better tag wins, then the newer build (PEP 427, "build tag").
  private static func isBetter(
    _ left: (rank: Int, build: WheelName.BuildTag?), than right: (rank: Int, build: WheelName.BuildTag?)
  ) -> Bool {
    if left.rank != right.rank { return left.rank < right.rank }
    switch (left.build, right.build) {
    case (let mine?, let theirs?): return mine > theirs
    case (_?, nil): return true
    default: return false
    }
  }
}

extension PythonUnavailability {
  /// Carries a reason as an error.
  struct Refusal: Error {
    let reason: PythonUnavailability

    init(_ reason: PythonUnavailability) { self.reason = reason }
  }
}
