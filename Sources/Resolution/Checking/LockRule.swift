public import Findings

/// What `drydock check` looks for: specification against lock, lock against upstream, lock against image.
public enum LockRule {
  // MARK: On this machine

  /// There is no lock.
  public static let missing = Finding.Rule(
    "lock/missing", .high, "The image has a lock",
    explanation: "Without a lock every build may be made of something else.")
  /// The lock was made for another specification.
  public static let stale = Finding.Rule(
    "lock/stale", .high, "The lock belongs to image.yaml",
    explanation: "image.yaml was changed since the lock was made, so that the lock no longer says what was asked for.")
  /// The lock does not hold what the specification asks for.
  public static let unsatisfied = Finding.Rule(
    "lock/unsatisfied", .high, "The lock holds what image.yaml asks for",
    explanation: "A package that image.yaml asks for is absent from the lock, or locked in a version that it excludes.")
  /// A generated file says something else than the lock.
  public static let generated = Finding.Rule(
    "generated/stale", .medium, "The generated files are what the lock amounts to",
    explanation: "Reviewers, scanners and other builders read the generated files; they must not say something else.")
  /// The runtime on this machine is another than the locked one.
  public static let runtime = Finding.Rule(
    "runtime/stale", .medium, "The runtime here is the locked one",
    explanation: "The lock names the sources that glue-athena is built from; a build with another binary is refused.")

  // MARK: Upstream

  /// A newer version could be locked.
  public static let newer = Finding.Rule(
    "pin/newer", .info, "Every pin is the newest that fits its platform",
    explanation: "A newer version is there that this platform could use. That alone is no reason to move.")
  /// A security suite has a newer version.
  public static let security = Finding.Rule(
    "pin/security-update", .high, "No pin waits for a security update",
    explanation: "The distribution's security suite or one of its advisories has a newer version than the locked one.")
  /// The release was withdrawn.
  public static let yanked = Finding.Rule(
    "pin/yanked", .medium, "No pin was withdrawn",
    explanation: "Its maintainers withdrew the release (PEP 592): it is served to those who pinned it, and nobody else."
  )
  /// Nobody has the locked file any longer.
  public static let vanished = Finding.Rule(
    "pin/vanished", .high, "Every pin can still be had",
    explanation: "No configured index lists the locked file any longer: a machine with an empty cache can't build.")
  /// Another file has the locked one's name.
  public static let changed = Finding.Rule(
    "pin/hash-changed", .critical, "Every file is the one that was locked",
    explanation: "A source serves other content under the locked name and version. Nobody may do that; find out why.")

  /// The signed index is another than the locked one.
  public static let evidence = Finding.Rule(
    "lock/evidence", .high, "The signed indexes are those that the archive signed",
    explanation:
      "The lock names signed files by digest, as evidence of where its packages come from. The archive has another "
      + "file of the same suite and time, so the lock was changed after it was made.")

  // MARK: The base image

  /// The tag leads to another digest.
  public static let moved = Finding.Rule(
    "base/moved", .medium, "The base's tag leads to the locked digest",
    explanation: "The tag was moved since the lock was made. The locked image is built from all the same.")
  /// The digest has never been seen in a registry.
  public static let unconfirmed = Finding.Rule(
    "base/unconfirmed", .low, "The base's digest was stated by its registry",
    explanation: "The digest comes from a public page; no registry has stated it to whoever made the lock.")
  /// The locked base can't be had.
  public static let baseVanished = Finding.Rule(
    "base/vanished", .high, "The locked base can still be had",
    explanation: "The registry no longer has the image of the locked digest.")

  // MARK: The image

  /// The image was made from another lock.
  public static let otherLock = Finding.Rule(
    "image/other-lock", .high, "The image was built from this lock",
    explanation: "The image's label names the digest of another lock than the one beside image.yaml.")
  /// A package of the image is another than the locked one.
  public static let drifted = Finding.Rule(
    "image/drifted", .high, "The image holds the locked packages and no others",
    explanation: "What the image's own package records say differs from the lock: something was changed after the pins."
  )
  /// A file of a package is not the package's.
  public static let changedFile = Finding.Rule(
    "image/changed-file", .high, "The files of the image's packages are the packages' own",
    explanation: "A file has another content than its package recorded: something wrote over it after it was installed."
  )
  /// The rules that need nothing but this machine.
  public static let local = [missing, stale, unsatisfied, generated, runtime]
  /// The rules that ask indexes and mirrors.
  public static let upstream = [newer, security, yanked, vanished, changed, evidence]
  /// The rules that ask a registry.
  public static let base = [moved, unconfirmed, baseVanished]
  /// The rules that look into an image.
  public static let image = [otherLock, drifted, changedFile]
}
