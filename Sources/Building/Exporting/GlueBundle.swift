public import Dockerfiles
internal import Host
internal import Images
internal import Layers
internal import OCI
public import Resolution

/// Wheels in the form that Glue installs them from without an index.
public struct GlueBundle: Sendable {
  private let packages: [Lock.PythonPackage]
  private let wheels: [String]
  private let requirements: RequirementsFile

  /// Joins packages with the paths of their wheels, in the same order.
  public init(packages: [Lock.PythonPackage], wheels: [String], requirements: RequirementsFile) {
    precondition(packages.count == wheels.count, "each package has its wheel")
    self.packages = packages
    self.wheels = wheels
    self.requirements = requirements
  }

  /// Writes a zip of wheels: `wheels/requirements.txt` and the wheels beside it; the same pins give the same bytes.
  ///
  /// AWS Glue Developer Guide, "Using Python libraries with AWS Glue", appendix A.
  public func writeZip(to path: String) throws {
    var archive = try ZipWriter(path: path)
    try archive.add("wheels/requirements.txt", Array(requirements.text.utf8))
    for (package, wheel) in zip(packages, wheels) { try archive.add("wheels/\(package.wheel.name)", file: wheel) }
    try archive.finish()
  }

  /// Copies the wheels into a folder, each checked once more.
  public func writeWheels(to folder: String) throws {
    try Files.createDirectory(folder)
    for (package, wheel) in zip(packages, wheels) {
      let size = try FileStatus(of: wheel, followingLink: true).size
      try ContentStore.copy(
        wheel, size: size, to: "\(folder)/\(package.wheel.name)", as: package.wheel.digest, mayLink: false)
    }
  }
}
