import ArgumentParser
import Building
import Dockerfiles
import Findings
import Host
import OCI
import Packages
import Resolution
import Verification
import Versions

/// `drydock update`: moves pins to the newest set that passes the tests.
struct Update: Command, NeedsUsers {
  static let configuration = CommandConfiguration(
    commandName: "update",
    abstract: "Move pins to the newest set that passes the tests, and name what breaks.",
    discussion: """
      Resolves the newest pins that image.yaml allows, builds what has changed and runs tests.yaml. When a test fails, it
      finds the packages that break it and, for each, the first version that does, and keeps the newest set that passes.
      Jars move where image.yaml leaves a range; a security update is one of Debian's security suite, or of an advisory of
      RPM repositories.
      Without a lock that passes, it looks for one by the age of files. Pins of all platforms of an image move together; the
      tests run on one of them.

      EXAMPLES
        drydock update images/spark-athena
        drydock update images/spark-athena --only pandas --only numpy
        drydock update images/spark-athena --security --markdown summary.md
        drydock update images/spark-athena --dry-run
      """)

  @Argument(help: "A folder with an image.yaml.")
  var image: String

  @Option(
    help: ArgumentHelp(
      "Move this package (a jar is GROUP:ARTIFACT) and what it needs; may be given several times.", valueName: "package"
    ))
  var only: [String] = []

  @Flag(help: "Move only what has a security update, or was withdrawn.")
  var security = false

  @Flag(help: "Show what would move; build, test and write nothing.")
  var dryRun = false

  @Option(help: ArgumentHelp("Also write a summary fit for a pull request.", valueName: "file"))
  var markdown: String?

  @OptionGroup var platform: PlatformOptions
  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if security && !only.isEmpty { throw ValidationError("--security and --only exclude each other") }
  }

  func execute(_ progress: ProgressLine) async throws {
    let workplace = try Workplace(progress: progress.progress, alwaysAsks: true)
    let folder = try ImageFolder(image)
    let spec = try tested(try folder.spec(), folder)
    if !dryRun { try await workplace.require(spec.platform, for: "the image is tested") }
    let previous = try folder.lockIfPresent()
    let (tests, testFolder) = try folder.tests()
    let trials = try UpdateTrials(
      build: ImageBuild(folder: folder, workplace: workplace, runtime: runtime, output: output), spec: spec,
      previous: previous, upgrade: try await upgrade(spec, previous, folder, workplace),
      runtime: spec.hasRuntime ? try runtime.anyBinary().inputs : nil, tests: tests, testFolder: testFolder,
      now: Clock.now)
    let (outcome, lock, count) = try await dryRun ? resolve(trials) : search(trials)
    progress.clear()
    let summary = UpdateSummary(
      image: folder.path, changes: LockChanges(from: previous, to: lock ?? previous), outcome: outcome, trials: count,
      isDryRun: dryRun)
    if !dryRun, let lock, lock != previous {
      try Files.write(lock.text, to: folder.file(ImageFolder.lockName))
      let files = GeneratedFiles(plans: ImagePlans(spec: spec, lock: lock))
      try files.write(to: folder, try files.stale(in: folder))
    }
    if let markdown { try Files.write(summary.markdown, to: markdown) }
    output.print(text: summary.text, json: summary.json)
    if outcome.trial == nil { throw Verdict.gateFailed }
  }

  /// The specification as it is for the platform that the tests run on.
  private func tested(_ spec: Spec, _ folder: ImageFolder) throws -> Spec {
    let own = spec.platforms.first { $0.os == "linux" && $0.architecture == Processor.own }
    let chosen = try platform.named ?? own ?? spec.platforms[0]
    guard spec.platforms.contains(chosen) else {
      throw Failure(
        .badInput, "\(folder.path) is not for \(chosen)", hint: "list it under 'platforms' in image.yaml")
    }
    let others = spec.platforms.filter { $0 != chosen }.map(\.description)
    if !others.isEmpty, !dryRun {
      output.note("note: tests run on \(chosen); the pins of \(others.joined(separator: ", ")) move along untested")
    }
    return spec.on(chosen)
  }

  /// What may move.
  private func upgrade(
    _ spec: Spec, _ previous: LockFile?, _ folder: ImageFolder, _ workplace: Workplace
  ) async throws -> ImagePinner.Upgrade {
    if !only.isEmpty { return .only(try chosen(spec, previous, folder)) }
    guard security else { return .all }
    guard let previous else {
      throw Failure(
        .badInput, "\(folder.path) has no lock whose pins could need a security update", hint: "leave --security out")
    }
    let places = PinPlaces(lockPath: "", lockText: "", specPath: "", specText: "")
    var findings: [Finding] = []
    for lock in previous.locks {
      findings += try await UpstreamCheck(
        workplace: workplace, spec: spec.on(lock.platform), lock: lock, places: places, folder: folder.path
      ).packages()
    }
    let urgent = findings.filter { [LockRule.security, LockRule.yanked].contains($0.rule) }
    return .only(Set(urgent.compactMap { $0.subject?.split(separator: " ").first.map(String.init) }))
  }

  /// The packages that were named; one that neither the lock nor image.yaml knows moves nothing, and was misspelled.
  private func chosen(_ spec: Spec, _ previous: LockFile?, _ folder: ImageFolder) throws -> Set<String> {
    guard let previous else { return Set(only) }
    var known = Set(previous.locks.flatMap { UpdateTrials.versions(of: $0).keys.map(\.name) })
    known.formUnion(UpdateTrials.direct(spec).map(\.name))
    known.insert("base")
    for name in only where !known.contains(name) {
      let nearest = EditDistance.nearest(to: name, in: known)
      throw Failure(
        .badInput, "\(folder.path) has no package '\(name)' that could move",
        hint: nearest.isEmpty ? "drydock.lock names its packages" : "nearest are \(nearest.joined(separator: ", "))")
    }
    return Set(only)
  }

  private func resolve(_ trials: UpdateTrials) async throws -> (UpdateSearch.Outcome, LockFile?, Int) {
    let trial = UpdateTrial()
    let lock = try await trials.lock(of: trial)
    return (UpdateSearch.Outcome(trial: trial, culprits: [], failures: []), lock, 0)
  }

  private func search(_ trials: UpdateTrials) async throws -> (UpdateSearch.Outcome, LockFile?, Int) {
    var search = UpdateSearch(current: try await trials.current(), direct: Set(UpdateTrials.direct(trials.spec)))
    var locks: [UpdateTrial: LockFile] = [:]
    var known: [LockFile: UpdateVerdict] = [:]
    while true {
      switch search.next {
      case .finished(let outcome): return (outcome, outcome.trial.flatMap { locks[$0] }, known.count)
      case .ask(.versions(let name, let low, let high)):
        search.versions[.versions(name, above: low, upTo: high)] = try await trials.versions(
          of: name, above: low, upTo: high)
      case .ask(.trial(let trial)):
        // Two trials may amount to one set, which is tested once.
        if let lock = try? await trials.lock(of: trial), let verdict = known[lock] {
          (locks[trial], search.verdicts[trial]) = (lock, verdict)
          continue
        }
        let (verdict, lock) = try await trials.verdict(on: trial)
        if let lock { (locks[trial], known[lock]) = (lock, verdict) }
        search.verdicts[trial] = verdict
        output.note(Self.line(trial, verdict))
      }
    }
  }

  /// A line for the person who watches.
  private static func line(_ trial: UpdateTrial, _ verdict: UpdateVerdict) -> String {
    var what = trial.age.map { "pins of \($0) months ago" } ?? "newest pins"
    if !trial.limits.isEmpty {
      let limits = trial.limits.sorted { $0.key < $1.key }.map { "\($0.key.name)<=\($0.value)" }
      what += " with " + limits.prefix(4).joined(separator: ", ")
      if limits.count > 4 { what += " and \(limits.count - 4) more limits" }
    }
    switch verdict {
    case .passed: return "\(what): all tests passed"
    case .failed(_, let failures, _): return "\(what): failed \(failures.map(\.test).joined(separator: ", "))"
    case .impossible(let reason): return "\(what): impossible: \(reason.prefix(160))"
    }
  }
}
