import Building
import Dockerfiles
import Findings
import Host
import Packages
import Resolution
import Verification
import Versions

/// Answers the questions of an update's search: resolves, builds and tests on this machine.
struct UpdateTrials {
  let build: ImageBuild
  let spec: Spec
  let previous: Lock?
  let upgrade: ImagePinner.Upgrade
  let binary: RuntimeBinary?
  let tests: TestSpecification
  let testFolder: String
  let now: Int

  private var workplace: Workplace { build.workplace }

  /// The lock of a trial.
  func lock(of trial: UpdateTrial) async throws -> Lock {
    var limits = PinLimits(keepsBase: false)
    for (name, version) in trial.limits {
      switch name.kind {
      case .debian: limits.debian.insert(name.name)
      case .python:
        guard let package = try? PackageName(parsing: name.name), let highest = try? PEP440Version(parsing: version)
        else { continue }
        limits.python[package] = highest
      }
    }
    // A month has 2,629,746 seconds on average.
    limits.excludeNewer = trial.age.map { Clock.rfc3339(now - $0 * 2_629_746) }
    let isFromScratch = trial.age != nil
    return try await workplace.pinner.pin(
      spec, previous: previous, upgrade: isFromScratch ? .all : upgrade, limits: limits, runtime: binary?.inputs,
      now: now
    ).lock
  }

  /// Resolves, builds and tests one set; a set that does not exist or can't be built has failed, a network has not.
  func verdict(on trial: UpdateTrial) async throws -> (UpdateVerdict, Lock?) {
    let lock: Lock
    do { lock = try await self.lock(of: trial) } catch {
      return (.impossible(try Self.reason(error)), nil)
    }
    let plan = ImagePlan(spec: spec, lock: lock)
    let report: TestReport
    do { report = try await test(plan) } catch { return (.impossible(try Self.reason(error)), lock) }
    let versions = Self.versions(of: lock)
    if report.hasPassed { return (.passed(versions), lock) }
    let failures = report.failures.map { UpdateVerdict.Failure(test: $0.name, error: Self.error(in: $0)) }
    return (.failed(versions, failures, suspects: Self.suspects(in: report, of: lock)), lock)
  }

  /// Builds what has changed and runs the tests; the unpacked root goes away, as most sets are tried but once.
  private func test(_ plan: ImagePlan) async throws -> TestReport {
    let result = try await build.build(plan, binary)
    let known = Set((try? Files.list(workplace.cache.folder(.roots))) ?? [])
    let subject = try await ImageSubject(result, folder: build.folder, workplace: workplace)
    let report = await TestRunner(image: subject.root, folder: testFolder).run(tests, progress: workplace.progress)
    if !known.contains(Path.name(subject.root.path)) {
      await BlockingPool.run { try? Files.remove(subject.root.path) }
    }
    return report
  }

  /// The versions of a package, lowest first, that the platform can use.
  func versions(of name: PinName, above low: String, upTo high: String) async throws -> [String] {
    guard name.kind == .python, let package = try? PackageName(parsing: name.name),
      let first = try? PEP440Version(parsing: low), let last = try? PEP440Version(parsing: high)
    else { return [high] }
    let platform = try PythonPlatform(of: spec)
    return try await AvailableVersions.of(package, above: first, upTo: last, on: platform, in: workplace.index)
      .map(\.description)
  }

  /// The versions that an image of the lock has, those of its base among them: they move too.
  static func versions(of lock: Lock) -> [PinName: String] {
    var versions: [PinName: String] = [:]
    for kept in lock.base?.kept ?? [] { versions[PinName(.python, kept.name.description)] = kept.version.description }
    for pin in lock.debian?.packages ?? [] { versions[PinName(.debian, pin.name)] = pin.version.description }
    for pin in lock.python?.packages ?? [] {
      versions[PinName(.python, pin.name.description)] = pin.version.description
    }
    return versions
  }

  // MARK: Reading failures

  /// What makes a set impossible; whatever is no property of the set ends the update.
  private static func reason(_ error: any Error) throws -> String {
    switch error {
    case is PythonResolutionError, is PinningError, is SourceBuildError, is WheelError: Failure(error).message
    case let error as DebianError:
      switch error {
      case .unsatisfiable, .conflict, .unknownPackage: error.description
      default: throw error
      }
    default: throw error
    }
  }

  /// The last line of a test's output that names an error, as Python and Java write it; else the reason.
  static func error(in test: TestReport.Case) -> String {
    guard case .failed(let reason, let output) = test.outcome else { return "" }
    let lines = output.split { $0.isNewline }.map(String.init)
    let named = lines.last { line in
      guard let colon = line.firstIndex(of: ":") else { return false }
      let head = line[..<colon]
      return !head.contains(" ") && (head.hasSuffix("Error") || head.hasSuffix("Exception"))
    }
    return named ?? reason
  }

  /// The packages of the set whose files the output names, the one named last first: that is where it broke.
  static func suspects(in report: TestReport, of lock: Lock) -> [PinName] {
    var suspects: [PinName] = []
    let names = Dictionary(
      (lock.python?.packages ?? []).map { ($0.name.description.replacing("-", with: "_"), $0.name.description) }
    ) { $1 }
    for test in report.failures {
      guard case .failed(_, let output) = test.outcome else { continue }
      for line in output.split(whereSeparator: { $0.isNewline }).reversed() {
        for folder in ["site-packages/", "dist-packages/"] {
          guard let start = line.utf8.firstRange(of: folder.utf8)?.upperBound else { continue }
          let module = line[start...].prefix { $0 != "/" && $0 != "." && $0 != "\"" }.lowercased()
          guard let name = names[module] else { continue }
          let pin = PinName(.python, name)
          if !suspects.contains(pin) { suspects.append(pin) }
        }
      }
    }
    return suspects
  }
}
