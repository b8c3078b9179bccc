/// Where an interpreter looks for what a wheel installs (PEP 427, "The .data directory").
public struct PythonScheme: Hashable, Sendable {
  /// The directory of modules that run anywhere, from the root without a leading slash.
  public let purelib: String
  /// The directory of modules for one platform.
  public let platlib: String
  /// The directory of programs.
  public let scripts: String
  /// The directory that holds a directory of C headers for each project.
  public let headers: String
  /// The directory for all else, mostly the installation's prefix.
  public let data: String
  /// The interpreter's absolute path in the image, for the first line of programs.
  public let interpreter: String

  /// Names the directories, each from the root without a leading slash.
  public init(
    purelib: String, platlib: String, scripts: String, headers: String, data: String, interpreter: String
  ) {
    self.purelib = purelib
    self.platlib = platlib
    self.scripts = scripts
    self.headers = headers
    self.data = data
    self.interpreter = interpreter
  }

  /// Debian's own Python: what does not come from a Debian package goes below `/usr/local`.
  ///
  /// - Parameter version: The interpreter's version, for example `3.11`.
  public static func debian(version: String) -> PythonScheme {
    let site = "usr/local/lib/python\(version)/dist-packages"
    return PythonScheme(
      purelib: site, platlib: site, scripts: "usr/local/bin", headers: "usr/local/include/python\(version)",
      data: "usr/local", interpreter: "/usr/bin/python\(version)")
  }
}
