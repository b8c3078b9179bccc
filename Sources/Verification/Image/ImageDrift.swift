public import Findings
internal import OCI
public import Resolution

/// Holds an image against the lock that it should have been made from.
public enum ImageDrift {
  /// What differs; nothing of the image is run.
  ///
  /// - Parameters:
  ///   - place: Where the lock lies.
  ///   - folder: The image's folder, for the commands that mend what is found.
  public static func findings(_ image: ImageRoot, lock: Lock, place: Finding.Place, folder: String) -> [Finding] {
    var findings: [Finding] = []
    if let label = image.config.labels[Lock.digestLabel], label != lock.digest.description {
      findings.append(
        Finding(
          LockRule.otherLock, at: place, subject: image.name,
          "'\(image.name)' was built from the lock \(label), this is \(lock.digest)", hint: "drydock build \(folder)"))
    }
    let installed = InstalledPackages(of: image.files)
    let comparisons = [
      ("debian", VersionComparison.debian(installed, lock)), ("python", VersionComparison.python(installed, lock)),
    ]
    for (kind, comparison) in comparisons {
      for change in comparison?.changes ?? [] {
        findings.append(
          Finding(
            LockRule.drifted, at: place, subject: "\(kind)/\(change.name)", change.description,
            hint: "drydock build \(folder) makes the image of the lock; to keep the change, put it into image.yaml"))
      }
    }
    return findings
  }

  /// The lock that an image carries, when it carries one.
  public static func carriedLock(_ image: ImageRoot) -> Lock? {
    guard let text = try? image.files.text(Runtime.lockPath, limit: 1 << 26) else { return nil }
    return try? Lock(parsing: Array(text.utf8))
  }
}
