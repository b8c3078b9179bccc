public import OCI

/// The runtime binary as images carry it.
public enum Runtime {
  /// Where the binary lies.
  public static let path = "/usr/local/bin/glue-athena"
  /// Where the lock lies that the binary compares the image with.
  public static let lockPath = "/usr/share/glue-athena/lock.json"
  /// The label that holds the binary's own digest.
  public static let digestLabel = "io.drydock.runtime.digest"
  /// The label that holds the health check for tools that drop Docker's extension.
  public static let healthcheckLabel = "io.drydock.healthcheck"
  /// The health check of an image that has the runtime and says nothing else.
  public static let healthcheck = Healthcheck(
    test: .exec([path, "health"]), interval: .seconds(30), timeout: .seconds(10), startPeriod: .seconds(5), retries: 3)
}
