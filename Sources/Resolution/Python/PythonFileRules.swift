import Packages
import Synchronization
import Versions

/// Decides which file of a version is installed on a platform, or why none is.
final class PythonFileRules: Sendable {
  let platform: PythonPlatform
  /// Versions that may be used although they were yanked.
  let allowedYanks: [PackageName: Set<PEP440Version>]
  /// Projects whose wheels are not to be used.
  let noWheels: Set<PackageName>
  /// Projects that are not to be built.
  let noBuilds: Set<PackageName>
  /// What was found out about `Requires-Python` texts: a project repeats the same few on thousands of files.
  private let pythonSupport = Mutex<[String: (isWithin: Bool, isInReach: Bool)]>([:])

  init(
    platform: PythonPlatform, allowedYanks: [PackageName: Set<PEP440Version>], noWheels: Set<PackageName>,
    noBuilds: Set<PackageName>
  ) {
    self.platform = platform
    self.allowedYanks = allowedYanks
    self.noWheels = noWheels
    self.noBuilds = noBuilds
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
        guard let rank = platform.rank(of: name) else {
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

  /// The rules that apply to wheels and source distributions alike.
  private func refusal(
    of file: PythonFile, _ project: PackageName, _ version: PEP440Version
  ) -> PythonUnavailability? {
    if let reason = file.yankReason, allowedYanks[project]?.contains(version) != true { return .yanked(reason) }
    if let text = file.requiresPython, !python(isInReachOf: text) { return .requiresPython(text) }
    return nil
  }

  /// Whether a `Requires-Python` text admits the platform's Python.
  func python(isWithin text: String) -> Bool { support(in: text).isWithin }

  /// Whether the platform's Python is not too old for a `Requires-Python` text.
  ///
  /// Upper ends are often guesses about the future, and a request may leave nothing else.
  func python(isInReachOf text: String) -> Bool { support(in: text).isInReach }

  /// Judges a text once; one that can't be read admits no Python, as it may mean anything.
  private func support(in text: String) -> (isWithin: Bool, isInReach: Bool) {
    pythonSupport.withLock { known in
      if let answer = known[text] { return answer }
      let set = try? PEP440SpecifierSet(parsing: text, dialect: .lenient)
      let answer = set.map { ($0.contains(platform.python), python(isInReachOf: $0)) } ?? (false, false)
      known[text] = answer
      return answer
    }
  }

  /// Whether the platform's Python is not older than the oldest that a set admits.
  func python(isInReachOf set: PEP440SpecifierSet) -> Bool {
    guard let first = set.ranges.intervals.first else { return false }
    return first.lower.map { $0 <= platform.python.lowerCut } ?? true
  }

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
