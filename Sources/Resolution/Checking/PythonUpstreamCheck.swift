public import Findings
internal import OCI
public import Packages
public import Versions

/// Holds locked Python packages against what the index says of them today.
public struct PythonUpstreamCheck: Sendable {
  private let index: any PythonIndex
  private let platform: PythonPlatform
  private let spec: Spec
  private let places: PinPlaces
  private let folder: String

  /// Prepares a check.
  ///
  /// - Parameter folder: The image's folder, for the commands that mend what is found.
  public init(index: any PythonIndex, platform: PythonPlatform, spec: Spec, places: PinPlaces, folder: String) {
    self.index = index
    self.platform = platform
    self.spec = spec
    self.places = places
    self.folder = folder
  }

  /// Asks for all packages of a lock at once: those of the image, those that build them, those that test it.
  public func findings(_ lock: Lock.Python) async throws -> [Finding] {
    let packages = Set(lock.packages + lock.build + lock.test)
    return try await withThrowingTaskGroup(of: [Finding].self) { group in
      for package in packages {
        group.addTask { try await ask(package, isInImage: lock.packages.contains(package)) }
      }
      var findings: [Finding] = []
      for try await some in group { findings += some }
      return findings
    }
  }

  private func ask(_ package: Lock.PythonPackage, isInImage: Bool) async throws -> [Finding] {
    let files: [PythonFile]
    do { files = try await index.files(of: package.name) } catch PythonIndexError.unknownProject {
      return [vanished(package, "no configured index has a project '\(package.name)' any longer", newest: nil)]
    }
    let newest = newest(of: package, in: files)
    guard let file = files.first(where: { $0.fileName == package.file.name }) else {
      return [vanished(package, "no configured index lists '\(package.file.name)' any longer", newest: newest)]
    }
    var findings: [Finding] = []
    if let digest = file.sha256, digest != package.file.digest.hex {
      findings.append(
        Finding(
          LockRule.changed, at: places.pin(package.purl), subject: Self.subject(package),
          "the index has '\(file.fileName)' with sha256 \(digest), the lock \(package.file.digest.hex)",
          hint: "ask the maintainers what happened; until then build from the vendored file or move the pin"))
    }
    if let reason = file.yankReason {
      findings.append(
        Finding(
          LockRule.yanked, at: places.pin(package.purl), subject: Self.subject(package),
          "\(Self.subject(package)) was yanked\(reason.isEmpty ? "" : ": \(Self.line(reason))")",
          hint: mending(package, newest)))
    }
    if let newest, isInImage {
      findings.append(
        Finding(
          LockRule.newer, severity: package.isDirect ? .low : .info,
          at: isHeld(package.name, below: newest) ? places.request(package.name) : places.pin(package.purl),
          subject: Self.subject(package), "\(package.name) \(newest) is there, the lock has \(package.version)",
          hint: mending(package, newest)))
    }
    return findings
  }

  private func vanished(_ package: Lock.PythonPackage, _ message: String, newest: PEP440Version?) -> Finding {
    Finding(
      LockRule.vanished, at: places.pin(package.purl), subject: Self.subject(package), message,
      hint: mending(package, newest))
  }

  /// The newest final release above the pin that the platform can use; a pin that is a pre-release is held against those too.
  private func newest(of package: Lock.PythonPackage, in files: [PythonFile]) -> PEP440Version? {
    let rules = PythonFileRules(PythonRequest(requirements: [], platform: platform), allowedYanks: [:])
    let candidates = PythonCandidates(PythonListing(files))
    for (place, version) in candidates.versions.enumerated() {
      if version <= package.version { return nil }
      if version.isPreRelease && !package.version.isPreRelease { continue }
      if case .success(let file) = rules.choose(from: candidates.files(at: place), of: package.name, at: version),
        file.requiresPython.map(rules.python(isWithin:)) ?? true
      {
        return version
      }
    }
    return nil
  }

  private func requests(_ name: PackageName) -> [Requirement] {
    guard let python = spec.python else { return [] }
    return (python.requirements + python.constraints).filter { $0.name == name }
  }

  /// Whether the specification itself keeps a package from a version.
  private func isHeld(_ name: PackageName, below version: PEP440Version) -> Bool {
    requests(name).contains { !$0.specifiers.contains(version) }
  }

  private func mending(_ package: Lock.PythonPackage, _ newest: PEP440Version?) -> String {
    guard let newest else { return "drydock update \(folder)" }
    let limits = requests(package.name).filter { !$0.specifiers.contains(newest) }
    if limits.isEmpty { return "drydock update \(folder) --only \(package.name)" }
    return "image.yaml says '\(limits[0])'; change that, then drydock update \(folder) --only \(package.name)"
  }

  private static func subject(_ package: Lock.PythonPackage) -> String { "\(package.name) \(package.version)" }

  /// A reason that others wrote, on one line.
  private static func line(_ text: String) -> String {
    String(text.prefix(200).map { $0.isNewline ? " " : $0 })
  }
}

extension PythonPlatform {
  /// The interpreter and machine that a specification's packages are for.
  ///
  /// - Throws: The platform when wheels are not chosen for it.
  public init(of spec: Spec) throws(UnknownMachine) {
    guard let python = spec.python, let machine = spec.platform.pythonMachine else {
      throw UnknownMachine()
    }
    self.init(python: python.version, glibc: python.glibc, machine: machine)
  }

  /// The specification has no Python part, or is for a processor that no wheels are chosen for.
  public struct UnknownMachine: Error {}
}
