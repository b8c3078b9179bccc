public import OCI
public import Resolution
internal import Host
internal import JSON

/// What an image's configuration will be, from the specification and the lock alone.
///
/// The Dockerfile and the embedded build are both made from it, so they can't say different things.
public struct ImagePlan: Sendable, Hashable {
  /// The search path of an image that has no base to inherit one from.
  static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// The specification.
  public let spec: Spec
  /// The lock.
  public let lock: Lock

  /// Joins a specification and its lock.
  public init(spec: Spec, lock: Lock) {
    self.spec = spec
    self.lock = lock
  }

  /// The environment that the image sets.
  public var environment: [String: String] {
    var environment = spec.environment
    if spec.base == .scratch, environment["PATH"] == nil { environment["PATH"] = Self.searchPath }
    return environment
  }

  /// The user of the process: by number, as orchestrators that refuse root must see one; by name where only the base knows it.
  public var user: String? { spec.user.map { user in user.account.map { "\($0.uid):\($0.gid)" } ?? user.name } }

  /// The labels (OCI image-spec 1.1, annotations.md) that can be known before the image is built.
  public var labels: [String: String] {
    var labels = spec.labels
    labels["org.opencontainers.image.title"] = labels["org.opencontainers.image.title"] ?? spec.name
    labels["org.opencontainers.image.created"] = Clock.rfc3339(lock.date)
    if let summary = spec.summary { labels["org.opencontainers.image.description"] = summary }
    if let base = lock.base {
      labels["org.opencontainers.image.base.name"] = base.reference
      labels["org.opencontainers.image.base.digest"] = base.digest.description
    }
    labels[Lock.digestLabel] = lock.digest.description
    if let check = spec.healthcheck { labels[Runtime.healthcheckLabel] = check.json.text() }
    return labels
  }

  /// The image's configuration, still without layers of its own.
  ///
  /// What a base sets stays unless the specification says otherwise, as in a Dockerfile: variables and labels are merged by
  /// name, and an entrypoint of one's own drops the base's command.
  public func config(on base: ImageConfig? = nil, extraLabels: [String: String] = [:]) -> ImageConfig {
    var config = base ?? ImageConfig(platform: spec.platform)
    config.created = Clock.rfc3339(lock.date)
    config.user = user ?? config.user
    config.setVariables(environment)
    if !spec.entrypoint.isEmpty {
      config.entrypoint = spec.entrypoint
      config.command = []
    }
    if !spec.command.isEmpty { config.command = spec.command }
    config.workingDirectory = spec.workingDirectory ?? config.workingDirectory
    config.labels.merge(labels.merging(extraLabels) { $1 }) { $1 }
    config.healthcheck = spec.healthcheck ?? config.healthcheck
    return config
  }
}

extension ImageConfig {
  /// Sets variables: those that are there keep their place, new ones follow sorted by name.
  fileprivate mutating func setVariables(_ variables: [String: String]) {
    var rest = variables
    environment = environment.map { entry in
      let name = String(entry.prefix { $0 != "=" })
      return rest.removeValue(forKey: name).map { "\(name)=\($0)" } ?? entry
    }
    environment += rest.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }
}
