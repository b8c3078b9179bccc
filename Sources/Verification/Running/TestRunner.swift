public import Findings
public import Host
internal import Resolution
internal import Sandbox
internal import Versions

/// Runs the tests of a specification inside an image, without a daemon and without changing the image.
///
/// What can be read is read; everything else runs in one container, as the image's own user, with its variables and
/// directory and no network but loopback. A command with `setup` or `teardown` gets a container of its own, as it means to
/// change files.
public struct TestRunner: Sendable {
  private let image: ImageRoot
  private let folder: String
  private let stage: String
  private let width: Int

  /// Prepares to test an image.
  ///
  /// - Parameters:
  ///   - folder: The absolute path of the folder that holds `tests.yaml` and its scripts.
  ///   - width: How many tests run beside each other.
  ///   - stage: See ``Sandbox/start(_:stage:onLine:)``.
  public init(
    image: ImageRoot, folder: String, width: Int = Environment.processorCount, stage: String = "/proc/self/exe"
  ) {
    self.image = image
    self.folder = folder
    self.width = max(1, width)
    self.stage = stage
  }

  /// Runs all tests; none is left out, whatever the others do.
  ///
  /// - Returns: The results in the order of the specification's kinds and of its lists.
  public func run(_ specification: TestSpecification, progress: Progress = .none) async -> TestReport {
    let read = await BlockingPool.run { self.readingTests(specification) }
    let jobs = jobs(specification)
    guard !jobs.isEmpty else { return TestReport(subject: image.name, cases: read.named) }
    progress.report("tests", .started(total: jobs.count))
    let session = await TestSession.start(image, specification, folder: folder, stage: stage)
    let results = await run(jobs, in: session, progress)
    await session.stop()
    progress.report("tests", .finished(nil))
    return TestReport(subject: image.name, cases: (read + results).named)
  }

  /// One unit of work in the container, with one result or several.
  private typealias Job = @Sendable (TestSession) async -> [TestReport.Case]

  private func jobs(_ specification: TestSpecification) -> [Job] {
    var jobs: [Job] = []
    if !specification.imports.isEmpty {
      jobs.append { session in await session.importModules(specification.imports) }
    }
    if specification.triesUtilities {
      let locked = Set((image.lock?.python?.packages ?? []).map { $0.name.description })
      for utility in Utility.all where locked.contains(utility.name) {
        jobs.append { session in await session.tryUtility(utility.name) }
      }
    }
    for test in specification.commands { jobs.append { session in [await session.run(test)] } }
    for test in specification.scripts { jobs.append { session in await session.run(test) } }
    return jobs
  }

  private func run(_ jobs: [Job], in session: TestSession, _ progress: Progress) async -> [TestReport.Case] {
    await withTaskGroup(of: (Int, [TestReport.Case]).self) { group in
      var results = [[TestReport.Case]](repeating: [], count: jobs.count)
      var waiting = jobs.enumerated().makeIterator()
      func startNext() {
        guard let (index, job) = waiting.next() else { return }
        group.addTask { (index, await job(session)) }
      }
      for _ in 0..<width { startNext() }
      var completed = 0
      while let (index, cases) = await group.next() {
        results[index] = cases
        completed += 1
        progress.report("tests", .advanced(completed: completed))
        startNext()
      }
      return results.flatMap { $0 }
    }
  }

  // MARK: Tests that only read

  private func readingTests(_ specification: TestSpecification) -> [TestReport.Case] {
    let files = FileTests(files: image.files, variables: image.variables)
    var cases: [TestReport.Case] = []
    if specification.comparesVersions { cases += compareVersions() }
    for test in specification.metadata?.checks(image) ?? [] {
      cases.append(test.verdict.testCase(test.name, group: "metadata", duration: .zero))
    }
    func add(_ name: String, _ group: String, _ check: () -> Verdict) {
      var verdict = Verdict()
      let duration = ContinuousClock().measure { verdict = check() }
      cases.append(verdict.testCase(name, group: group, duration: duration))
    }
    for test in specification.files { add(test.name, "file") { files.check(test) } }
    for test in specification.contents { add(test.name, "file content") { files.check(test) } }
    for test in specification.licenses { add("licenses", "license") { files.check(test) } }
    return cases
  }

  private func compareVersions() -> [TestReport.Case] {
    guard let lock = image.lock else {
      let verdict = Verdict(problem: "there is no lock to compare the installed packages with")
      return [verdict.testCase("versions equal the lock", group: "versions", duration: .zero)]
    }
    var cases: [TestReport.Case] = []
    let clock = ContinuousClock()
    let start = clock.now
    let installed = InstalledPackages(of: image.files)
    let comparisons = [
      ("Python", VersionComparison.python(installed, lock)), ("Debian", VersionComparison.debian(installed, lock)),
    ]
    for (kind, comparison) in comparisons {
      guard let comparison else { continue }
      var verdict = Verdict()
      verdict.detail = "\(comparison.equal) packages"
      if let first = comparison.differences.first {
        let others = comparison.differences.count - 1
        verdict.note(others == 0 ? first : "\(first), and \(others) more")
        verdict.output = comparison.differences.joined(separator: "\n")
      }
      cases.append(
        verdict.testCase("\(kind) packages equal the lock", group: "versions", duration: clock.now - start))
    }
    return cases
  }
}

extension [TestReport.Case] {
  /// The same with a number after a name that was used before, as a report's names differ.
  fileprivate var named: [TestReport.Case] {
    var uses: [String: Int] = [:]
    return map { test in
      let count = uses[test.name, default: 0] + 1
      uses[test.name] = count
      guard count > 1 else { return test }
      return TestReport.Case(
        name: "\(test.name) (\(count))", group: test.group, duration: test.duration, outcome: test.outcome,
        detail: test.detail)
    }
  }
}
