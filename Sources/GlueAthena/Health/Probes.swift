/// The health checks of an image in the words of those who run it.
///
/// ECS and Kubernetes pass an image's HEALTHCHECK over; these are the same checks, with the same times.
enum Probes: String, CaseIterable, Sendable {
  case ecs
  case kubernetes
  case compose

  private static let program = "/usr/local/bin/glue-athena"

  /// Understands the words after `probes`.
  init(_ scanner: inout ArgumentScanner) throws(UsageError) {
    let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
    guard case .argument(let name)? = try scanner.next() else { throw UsageError("probes needs one of \(names)") }
    guard let probes = Self(rawValue: name) else {
      throw UsageError("there are no probes for \"\(name)\"", hint: "there are probes for \(names)")
    }
    if let word = scanner.rest.first { throw UsageError("\"\(word)\" is not understood here") }
    self = probes
  }

  /// The part of a task definition, pod or compose file.
  var text: String {
    switch self {
    case .ecs:
      // Amazon ECS API Reference, "HealthCheck" and "ContainerDefinition".
      """
      {
        "healthCheck": {
          "command": ["CMD", "\(Self.program)", "health", "--ready"],
          "interval": 30,
          "timeout": 10,
          "retries": 3,
          "startPeriod": 5
        },
        "stopTimeout": 10
      }

      """
    case .kubernetes:
      // Kubernetes API reference, "Probe v1 core"; to be put below a container, the grace period below the pod's spec.
      """
      startupProbe:
        exec:
          command: ["\(Self.program)", "health", "--ready"]
        periodSeconds: 5
        timeoutSeconds: 10
        failureThreshold: 12
      livenessProbe:
        exec:
          command: ["\(Self.program)", "health", "--live"]
        periodSeconds: 30
        timeoutSeconds: 10
        failureThreshold: 3
      readinessProbe:
        exec:
          command: ["\(Self.program)", "health", "--ready"]
        periodSeconds: 30
        timeoutSeconds: 10
        failureThreshold: 3

      """
    case .compose:
      // Compose Specification, "healthcheck" and "stop_grace_period"; to be put below a service.
      """
      healthcheck:
        test: ["CMD", "\(Self.program)", "health", "--ready"]
        interval: 30s
        timeout: 10s
        retries: 3
        start_period: 5s
      stop_grace_period: 10s

      """
    }
  }
}
