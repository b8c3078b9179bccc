public import Findings
internal import OCI
public import Packages
internal import Versions

/// Holds locked RPM packages against the indexes of today.
public enum RPMUpstreamCheck {
  /// What has changed since the lock was made.
  ///
  /// - Parameters:
  ///   - advisories: What the distribution says of weaknesses, and the packages that mend them.
  ///   - folder: The image's folder, for the commands that mend what is found.
  public static func findings(
    _ lock: Lock.RPM, universe: RPMUniverse, advisories: [RPMAdvisory] = [], places: PinPlaces, folder: String
  ) -> [Finding] {
    var findings: [Finding] = []
    let mendings = RPMMendings(advisories)
    for pin in lock.packages {
      let listed = universe.versions(of: pin.name).filter { $0.architecture == pin.architecture }
      let same = listed.filter { $0.version == pin.version }
      let newest = listed.first.flatMap { pin.version < $0.version ? $0 : nil }
      let subject = "\(pin.name) \(pin.version)"
      let place = places.pin(pin.packageURL)
      let mending = "drydock update \(folder) --only \(pin.name)"
      if let other = same.first, !same.contains(where: { $0.digest == pin.digest }) {
        findings.append(
          Finding(
            LockRule.changed, at: place, subject: subject,
            "a repository has \(subject) with sha256 \(other.digest.hex), the lock \(pin.digest.hex)",
            hint: "find out why a version has two contents before pinning anew"))
      }
      if let newest, let mending = mendings.summary(of: pin, upTo: newest.version) {
        findings.append(
          Finding(
            LockRule.security, severity: mending.severity, at: place, subject: subject,
            "\(pin.name) \(newest.version) mends \(mending.text), the lock has \(pin.version)",
            hint: "drydock update \(folder) --security"))
      } else if let newest {
        findings.append(
          Finding(
            LockRule.newer, severity: .low, at: place, subject: subject,
            "\(pin.name) \(newest.version) is in the repositories of release \(lock.release), the lock has \(pin.version)",
            hint: mending))
      }
      if same.isEmpty {
        findings.append(
          Finding(
            LockRule.vanished, severity: newest == nil ? nil : .medium, at: place, subject: subject,
            "no configured repository lists \(subject) any longer",
            hint: newest == nil ? "drydock pin \(folder)" : mending))
      }
    }
    return findings
  }
}
