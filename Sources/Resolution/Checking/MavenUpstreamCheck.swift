public import Findings
internal import OCI
public import Packages
internal import Versions

/// Holds locked files from Maven repositories against what those say today.
public enum MavenUpstreamCheck {
  /// What has changed since the lock was made.
  ///
  /// - Parameters:
  ///   - states: What repositories say of each locked file, in the lock's order.
  ///   - folder: The image's folder, for the commands that mend what is found.
  public static func findings(
    _ lock: Lock.Jars, states: [MavenPinState], places: PinPlaces, folder: String
  ) -> [Finding] {
    var findings: [Finding] = []
    for (pin, state) in zip(lock.artifacts, states) {
      let subject = pin.coordinate.description
      let place = places.pin(pin.coordinate.packageURL)
      if !state.isListed {
        findings.append(
          Finding(
            LockRule.vanished, at: place, subject: subject, "no configured repository has \(subject) any longer",
            hint: "drydock pin \(folder)"))
      }
      if let stated = state.otherDigest {
        findings.append(
          Finding(
            LockRule.changed, at: place, subject: subject,
            "a repository states \(stated) for \(subject), which is not the locked file's",
            hint: "find out why a version has two contents before pinning anew"))
      }
      // What only follows from others moves with them.
      if pin.isDirect, let newest = state.newest {
        findings.append(
          Finding(
            LockRule.newer, at: place, subject: subject,
            "\(pin.coordinate.name) \(newest) is there, the lock has \(pin.coordinate.version)",
            hint:
              "ask for it under 'jars.artifacts' in image.yaml, then drydock update \(folder) --only \(pin.coordinate.name)"
          ))
      }
    }
    return findings
  }
}
