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
    var findings = evidence(lock.archives, today: universe.evidence, place: places.lock, folder: folder)
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

  /// Whether the signed files that the lock names are those that the archive signed at their time, as far as it still has them.
  ///
  /// A build believes the digest of each package alone, and a statement of what went in repeats the lock's word.
  public static func evidence(
    _ locked: [DebianArchiveEvidence], today: [DebianArchiveEvidence], place: Finding.Place, folder: String
  ) -> [Finding] {
    locked.flatMap { old -> [Finding] in
      guard let new = today.first(where: { ($0.suite, $0.date) == (old.suite, old.date) }) else { return [] }
      var differences: [(what: String, digests: (here: Digest, there: Digest))] = []
      if new.release != old.release { differences.append(("InRelease", (old.release, new.release))) }
      for index in old.indexes {
        guard let same = new.indexes.first(where: { $0.path == index.path }), same.digest != index.digest else {
          continue
        }
        differences.append((index.path, (index.digest, same.digest)))
      }
      return differences.map { what, digests in
        Finding(
          LockRule.evidence, at: place, subject: "\(old.suite)/\(what)",
          "the archive's \(old.suite)/\(what) of that time has sha256 \(digests.there.hex), the lock \(digests.here.hex)",
          hint: "the lock was damaged or changed by hand: restore it, or remove it and run 'drydock pin \(folder)'")
      }
    }
  }
}
