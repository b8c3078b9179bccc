public import OCI
public import Resolution

/// What the images of all platforms of a lock will be: a plan for each.
public struct ImagePlans: Sendable, Hashable {
  /// The plans, the one of the platform that image.yaml names first in front; never empty.
  public let plans: [ImagePlan]
  /// The lock that all of them are from.
  public let lock: LockFile

  /// Joins a specification and its lock.
  public init(spec: Spec, lock: LockFile) {
    self.lock = lock
    plans = lock.locks.map { ImagePlan(spec: spec.on($0.platform), lock: $0) }
  }

  /// The first platform's plan.
  public var first: ImagePlan { plans[0] }
  /// Whether there is more than one.
  public var hasSeveralPlatforms: Bool { plans.count > 1 }
}

extension Platform {
  /// The platform as a word for stages and folders, as BuildKit's variables spell it for a target, for example `linux-amd64` and
  /// `linux-armv7`.
  ///
  /// BuildKit leaves out the variants that mean nothing more than the processor (containerd, `platforms/database.go`).
  public var label: String {
    let variant: String? =
      switch (architecture, self.variant) {
      case ("arm64", "v8"), ("amd64", "v1"): nil
      case ("arm", nil): "v7"
      default: self.variant
      }
    return "\(os)-\(architecture)\(variant ?? "")"
  }
}
