import Building
import Dockerfiles
import Findings
import Host
import OCI
import Packages
import Resolution
import Verification
import Versions

/// Answers the questions of an update's search: resolves, builds and tests on this machine.
struct UpdateTrials {
  let build: ImageBuild
  /// The specification, as it is for the platform whose image is tested.
  let spec: Spec
  let previous: LockFile?
  let upgrade: ImagePinner.Upgrade
  /// The digest of what the runtime is built from, if the image has it.
  let runtime: Digest?
  let tests: TestSpecification
  let testFolder: String
  let now: Int
  /// What is asked again and again, and has to answer of one state.
  private let pinner: ImagePinner
  private let rpm: RPMRepositories?
  private let maven: MavenRepositories?

  private var workplace: Workplace { build.workplace }

  init(
    build: ImageBuild, spec: Spec, previous: LockFile?, upgrade: ImagePinner.Upgrade, runtime: Digest?,
    tests: TestSpecification, testFolder: String, now: Int
  ) throws {
    self.build = build
    self.spec = spec
    self.previous = previous
    self.upgrade = upgrade
    self.runtime = runtime
    self.tests = tests
    self.testFolder = testFolder
    self.now = now
    rpm = spec.rpm == nil ? nil : try build.workplace.rpmRepositories(keepsState: true)
    let maven = spec.jars == nil ? nil : try build.workplace.mavenRepositories()
    self.maven = maven
    pinner = build.workplace.pinner(rpm: rpm) {
      guard let maven else { throw MavenError.noRepository }
      return maven
    }
  }

  /// The lock of a trial.
  func lock(of trial: UpdateTrial) async throws -> LockFile {
    var limits = PinLimits(keepsBase: false)
    for (name, version) in trial.limits {
      switch name.kind {
      case .debian: limits.debian.insert(name.name)
      case .python:
        guard let package = try? PackageName(parsing: name.name), let highest = try? PEP440Version(parsing: version)
        else { continue }
        limits.python[package] = highest
      case .rpm:
        if let highest = try? RPMVersion(parsing: version) { limits.rpm[name.name] = highest }
      case .jar:
        if let artifact = MavenName(name.name) { limits.jars[artifact] = MavenVersion(version) }
      }
    }
    // A month has 2,629,746 seconds on average.
    limits.notAfter = trial.age.map { now - $0 * 2_629_746 }
    let isFromScratch = trial.age != nil
    return try await pinner.pin(
      spec, previous: previous, upgrade: isFromScratch ? .all : upgrade, limits: limits, runtime: runtime,
      now: now
    ).lock
  }

  /// Resolves one set for all platforms, and builds and tests it for one; a set that does not exist or can't be built has failed, a network has not.
  func verdict(on trial: UpdateTrial) async throws -> (UpdateVerdict, LockFile?) {
    let lock: LockFile
    do { lock = try await self.lock(of: trial) } catch {
      return (.impossible(try Self.reason(error)), nil)
    }
    let tested = try lock.lock(of: spec.platform)
    let report: TestReport
    do { report = try await test(ImagePlan(spec: spec, lock: tested), of: lock) } catch {
      return (.impossible(try Self.reason(error)), lock)
    }
    let versions = Self.versions(of: tested)
    if report.hasPassed { return (.passed(versions), lock) }
    let failures = report.failures.map { UpdateVerdict.Failure(test: $0.name, error: Self.error(in: $0)) }
    return (.failed(versions, failures, suspects: Self.suspects(in: report, of: tested)), lock)
  }

  /// Builds what has changed and runs the tests; the unpacked root goes away, as most sets are tried but once.
  private func test(_ plan: ImagePlan, of lock: LockFile) async throws -> TestReport {
    let result = try await build.build([plan], of: ImagePlans(spec: spec, lock: lock))[0]
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
    switch name.kind {
    case .debian: return [high]
    case .rpm: return try await rpmVersions(of: name.name, above: low, upTo: high)
    case .jar: return try await jarVersions(of: name.name, above: low, upTo: high)
    case .python: break
    }
    guard let package = try? PackageName(parsing: name.name),
      let first = try? PEP440Version(parsing: low), let last = try? PEP440Version(parsing: high)
    else { return [high] }
    let platform = try PythonPlatform(of: spec)
    return try await AvailableVersions.of(package, above: first, upTo: last, on: platform, in: workplace.index)
      .map(\.description)
  }

  private func rpmVersions(of name: String, above low: String, upTo high: String) async throws -> [String] {
    guard let asked = spec.rpm, let rpm, let first = try? RPMVersion(parsing: low),
      let last = try? RPMVersion(parsing: high)
    else { return [high] }
    let versions = try await rpm.universe(asked.request(for: spec.platform)).versions(of: name).map(\.version)
    return Set(versions.filter { first < $0 && $0 <= last }).sorted().map(\.description)
  }

  private func jarVersions(of name: String, above low: String, upTo high: String) async throws -> [String] {
    guard let maven, let artifact = MavenName(name) else { return [high] }
    let (first, last) = (MavenVersion(low), MavenVersion(high))
    return try await maven.releases(of: artifact).filter { first < $0 && $0 <= last }.map(\.description)
  }

  /// The pins until now, with what the base has of that which is asked for, as that moves too; nil without a lock.
  func current() async throws -> [PinName: String]? {
    guard let previous = previous?[spec.platform] else { return nil }
    let base = try await pinner.installedRPM(of: previous.base, spec)
    let asked = Set(Self.direct(spec).filter { $0.kind == .rpm }.map(\.name))
    let there = base.filter { asked.contains($0.key) }.map { (PinName(.rpm, $0.key), $0.value.description) }
    return Self.versions(of: previous).merging(there) { locked, _ in locked }
  }

  /// What a specification asks for by name.
  static func direct(_ spec: Spec) -> [PinName] {
    (spec.python?.requirements ?? []).map { PinName(.python, $0.name.description) }
      + (spec.debian?.packages ?? []).map { PinName(.debian, $0) }
      // What follows the name is a comparison.
      + (spec.rpm?.packages ?? []).map { PinName(.rpm, String($0.prefix { $0 != " " })) }
      + (spec.jars?.artifacts ?? []).map { PinName(.jar, $0.name.description) }
  }

  /// The versions that an image of the lock has, those of its base among them: they move too.
  static func versions(of lock: Lock) -> [PinName: String] {
    var versions: [PinName: String] = [:]
    for kept in lock.base?.kept ?? [] { versions[PinName(.python, kept.name.description)] = kept.version.description }
    for pin in lock.debian?.packages ?? [] { versions[PinName(.debian, pin.name)] = pin.version.description }
    for pin in lock.python?.packages ?? [] {
      versions[PinName(.python, pin.name.description)] = pin.version.description
    }
    for pin in lock.rpm?.packages ?? [] { versions[PinName(.rpm, pin.name)] = pin.version.description }
    for pin in lock.jars?.artifacts ?? [] {
      versions[PinName(.jar, pin.coordinate.name.description)] = pin.coordinate.version
    }
    return versions
  }

  // MARK: Reading failures

  /// What makes a set impossible; whatever is no property of the set ends the update.
  private static func reason(_ error: any Error) throws -> String {
    switch error {
    case let error as PlatformFailure: "\(error.platform): \(try reason(error.cause))"
    case is PythonResolutionError, is PinningError, is SourceBuildError, is WheelError: Failure(error).message
    case let error as RPMError:
      switch error {
      case .unsatisfiable, .conflict, .unknownPackage, .tooHard: error.description
      default: throw error
      }
    case let error as MavenError:
      switch error {
      case .unknownArtifact, .noVersion, .emptyRange, .rangeConflict, .snapshot, .tooDeep: error.description
      default: throw error
      }
    case let error as RPMInstallationError:
      switch error {
      case .conflict, .owner, .capabilities, .whiteout, .missing: error.description
      case .package, .database: throw error
      }
    case let error as DebianError:
      switch error {
      case .unsatisfiable, .conflict, .unknownPackage, .foreignArchitecture: error.description
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
        for pin in lock.jars?.artifacts ?? [] where line.contains(pin.coordinate.fileName) {
          let name = PinName(.jar, pin.coordinate.name.description)
          if !suspects.contains(name) { suspects.append(name) }
        }
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
