public import Findings
public import OCI

/// Holds a locked base image against what its tag leads to today.
public struct BaseImageCheck: Sendable {
  /// An image of a registry as far as it was looked at.
  public struct Seen: Sendable, Hashable {
    /// What the name leads to: an index or a manifest.
    public let digest: Digest
    /// The platform's configuration.
    public let config: ImageConfig?
    /// The packages by a name with its kind, for example `deb bash`, when its layers were read.
    public let packages: [String: String]?

    /// Describes an image.
    public init(digest: Digest, config: ImageConfig?, packages: [String: String]? = nil) {
      self.digest = digest
      self.config = config
      self.packages = packages
    }
  }

  /// The most differences of one kind that a message names.
  private static let most = 12

  /// What is wrong with a base.
  ///
  /// - Parameters:
  ///   - tag: What the tag leads to; nil when the registry has no such tag.
  ///   - locked: The locked digest's image; nil when the registry has it no longer.
  ///   - folder: The image's folder, for the commands that mend what is found.
  public static func findings(
    _ base: Lock.Base, tag: Seen?, locked: Seen?, place: Finding.Place, folder: String
  ) -> [Finding] {
    var findings: [Finding] = []
    if locked == nil {
      findings.append(
        Finding(
          LockRule.baseVanished, at: place, subject: base.reference,
          "the registry has no \(base.digest) of \(base.reference) any longer",
          hint: tag == nil ? "build from the vendored base" : "drydock pin \(folder) --upgrade"))
    }
    if case .recorded(let source) = base.evidence {
      findings.append(
        Finding(
          LockRule.unconfirmed, at: place, subject: base.reference,
          locked == nil
            ? "the digest \(base.digest) is known only from '\(source)'"
            : "the digest is known from '\(source)', and the registry has it", hint: "drydock pin \(folder)"))
    }
    if let tag, tag.digest != base.digest {
      var message = "\(base.reference) leads to \(tag.digest) now, the lock has \(base.digest)"
      if let locked { message += Self.differences(from: locked, to: tag) }
      findings.append(
        Finding(
          LockRule.moved, at: place, subject: base.reference, message, hint: "drydock update \(folder)"))
    }
    return findings
  }

  /// What changed between two images, to follow a sentence.
  static func differences(from old: Seen, to new: Seen) -> String {
    var parts: [String] = []
    if let before = old.config, let after = new.config { parts += differences(from: before, to: after) }
    if let before = old.packages, let after = new.packages {
      let names = Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] }
      if !names.isEmpty {
        let shown = names.prefix(most).map { "\($0) \(before[$0] ?? "-") -> \(after[$0] ?? "-")" }
        let rest = names.count > most ? " and \(names.count - most) more" : ""
        parts.append("packages: \(shown.joined(separator: ", "))\(rest)")
      }
    }
    return parts.isEmpty ? "" : "; changed: " + parts.joined(separator: "; ")
  }

  /// How a container would start in another way, and how much of the layers is shared.
  static func differences(from old: ImageConfig, to new: ImageConfig) -> [String] {
    var parts: [String] = []
    func compare(_ name: String, _ before: String?, _ after: String?) {
      if before != after { parts.append("\(name) \(before ?? "-") -> \(after ?? "-")") }
    }
    compare("created", old.created, new.created)
    compare("user", old.user, new.user)
    compare("entrypoint", old.entrypoint.joined(separator: " "), new.entrypoint.joined(separator: " "))
    compare("command", old.command.joined(separator: " "), new.command.joined(separator: " "))
    compare("workdir", old.workingDirectory, new.workingDirectory)
    for name in Set(variables(old).keys).union(variables(new).keys).sorted() {
      compare("environment \(name)", variables(old)[name], variables(new)[name])
    }
    for name in Set(old.labels.keys).union(new.labels.keys).sorted() {
      compare("label \(name)", old.labels[name], new.labels[name])
    }
    let shared = zip(old.diffIDs, new.diffIDs).prefix { $0 == $1 }.count
    if old.diffIDs != new.diffIDs {
      parts.append("layers: \(shared) shared, \(new.diffIDs.count - shared) of \(new.diffIDs.count) new")
    }
    return parts
  }

  private static func variables(_ config: ImageConfig) -> [String: String] {
    Dictionary(
      config.environment.map { entry in
        let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
      }
    ) { $1 }
  }
}
