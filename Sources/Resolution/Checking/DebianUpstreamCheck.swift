public import Findings
internal import OCI
public import Packages

/// Holds locked Debian packages against the signed indexes of today.
public enum DebianUpstreamCheck {
  /// What has changed since the lock was made.
  ///
  /// - Parameter folder: The image's folder, for the commands that mend what is found.
  public static func findings(
    _ lock: Lock.Debian, universe: DebianUniverse, places: PinPlaces, folder: String
  ) throws(DebianError) -> [Finding] {
    var findings: [Finding] = []
    for pin in lock.packages {
      let listed = try universe.versions(of: pin.name).filter { $0.architecture == pin.architecture }
      let same = listed.first { $0.version == pin.version }
      let newest = listed.first.flatMap { $0.version > pin.version ? $0 : nil }
      let subject = "\(pin.name) \(pin.version)"
      let place = places.pin(pin.packageURL)
      if let same, same.digest != pin.digest {
        findings.append(
          Finding(
            LockRule.changed, at: place, subject: subject,
            "the archive has \(subject) with sha256 \(same.digest.hex), the lock \(pin.digest.hex)",
            hint: "the archive's signature held; find out why a version has two contents before pinning anew"))
      }
      let mending = "drydock update \(folder) --only \(pin.name)"
      if let newest {
        let isSecurity = newest.suite.hasSuffix("-security")
        findings.append(
          Finding(
            isSecurity ? LockRule.security : LockRule.newer, severity: isSecurity ? nil : .low, at: place,
            subject: subject, "\(pin.name) \(newest.version) is in \(newest.suite), the lock has \(pin.version)",
            hint: isSecurity ? "drydock update \(folder) --security" : mending))
      }
      if same == nil {
        // A pool keeps superseded files for a while, so that a newer version makes this less urgent.
        findings.append(
          Finding(
            LockRule.vanished, severity: newest == nil ? nil : .medium, at: place, subject: subject,
            "no configured suite lists \(subject) any longer", hint: newest == nil ? "drydock pin \(folder)" : mending))
      }
    }
    return findings
  }
}
