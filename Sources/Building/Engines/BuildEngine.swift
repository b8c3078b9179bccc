/// Who executes a plan.
public enum BuildEngine: String, Sendable, CaseIterable {
  /// Drydock itself, in this process.
  case drydock
  /// A Docker Engine, by its BuildKit.
  case docker
  /// Buildah, in this machine's container storage.
  case buildah
  /// Podman, in the same storage.
  case podman
  /// A `buildkitd` by its address.
  case buildkit

  /// The variable that the engine's own programs read its address from, if it has one.
  public var addressVariable: String? {
    switch self {
    case .docker: "DOCKER_HOST"
    case .buildkit: "BUILDKIT_HOST"
    case .drydock, .buildah, .podman: nil
    }
  }
}
