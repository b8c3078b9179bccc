public import Findings
internal import Packages
internal import Versions

/// Holds a lock against its specification; needs no network.
public enum LocalCheck {
  /// What is wrong between the two.
  ///
  /// - Parameter folder: The image's folder, for the commands that mend it.
  public static func findings(_ spec: Spec, _ lock: Lock, places: PinPlaces, folder: String) -> [Finding] {
    var findings: [Finding] = []
    if (try? lock.check(against: spec)) == nil {
      findings.append(
        Finding(
          LockRule.stale, at: places.lock, "the lock was made for another state of image.yaml",
          hint: "drydock pin \(folder)"))
    }
    findings += python(spec, lock, places, folder)
    let locked = Set(lock.debian?.packages.map(\.name) ?? [])
    for request in spec.debian?.packages ?? [] where lock.debian != nil {
      // Of NAME=VERSION, NAME/SUITE, NAME:ARCHITECTURE and NAME (>= VERSION), only the name stands in a lock.
      let name = String(request.prefix { !"=/:( ".contains($0) })
      if locked.contains(name) { continue }
      findings.append(
        Finding(
          LockRule.unsatisfied, at: places.spec, subject: name, "image.yaml asks for '\(name)', the lock has none",
          hint: "drydock pin \(folder)"))
    }
    return findings
  }

  private static func python(_ spec: Spec, _ lock: Lock, _ places: PinPlaces, _ folder: String) -> [Finding] {
    guard let python = spec.python else { return [] }
    var versions = Dictionary(lock.base?.kept.map { ($0.name, $0.version) } ?? []) { $1 }
    for package in lock.python?.packages ?? [] { versions[package.name] = package.version }
    let environment = (try? PythonPlatform(of: spec))?.markerEnvironment
    return (python.requirements + python.constraints).compactMap { requirement in
      let isConstraint = !python.requirements.contains(requirement)
      if let marker = requirement.marker, let environment, !marker.holds(in: environment) { return nil }
      guard let version = versions[requirement.name] else {
        guard !isConstraint else { return nil }
        return Finding(
          LockRule.unsatisfied, at: places.request(requirement.name), subject: requirement.name.description,
          "image.yaml asks for '\(requirement)', the lock has none", hint: "drydock pin \(folder)")
      }
      guard !requirement.specifiers.contains(version) else { return nil }
      return Finding(
        LockRule.unsatisfied, at: places.request(requirement.name), subject: "\(requirement.name) \(version)",
        "image.yaml asks for '\(requirement)', the lock has \(version)", hint: "drydock pin \(folder)")
    }
  }
}

extension PinPlaces {
  /// The lock as a whole.
  public var lock: Finding.Place { Finding.Place(lockPath) }
  /// The specification as a whole.
  public var spec: Finding.Place { Finding.Place(specPath) }
}
