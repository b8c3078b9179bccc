public import OCI
public import Resolution

/// An image to test: its files unpacked, and what says how it starts and what it is made of.
public struct ImageRoot: Sendable {
  /// The image's name, for reports.
  public let name: String
  /// The directory that holds the unpacked files; it is never changed.
  public let path: String
  /// How a container of the image starts.
  public let config: ImageConfig
  /// What the image was made from.
  public let lock: Lock?
  /// A directory with the unpacked packages that only tests need.
  public let testSite: String?

  /// Joins the parts.
  ///
  /// - Parameters:
  ///   - path: An absolute path.
  ///   - testSite: What services are started from, such as moto; it is seen by them alone.
  public init(name: String, path: String, config: ImageConfig, lock: Lock? = nil, testSite: String? = nil) {
    self.name = name
    self.path = path
    self.config = config
    self.lock = lock
    self.testSite = testSite
  }

  /// The image's files.
  var files: RootFiles { RootFiles(path) }

  /// The variables that the configuration sets.
  var variables: [String: String] {
    var variables: [String: String] = [:]
    for entry in config.environment {
      let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if let name = parts.first { variables[String(name)] = parts.count > 1 ? String(parts[1]) : "" }
    }
    return variables
  }
}
