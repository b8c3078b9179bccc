public import Versions

extension Lock.PythonPackage {
  /// The package with a wheel that was built of its source.
  ///
  /// - Parameter requires: What it was built with, if not everything that the lock has for building.
  public func built(_ wheel: Lock.File, with requires: [PackageName] = []) -> Lock.PythonPackage {
    Lock.PythonPackage(
      name: name, version: version, isDirect: isDirect, dependencies: dependencies, file: file, builtWheel: wheel,
      buildRequires: requires, address: address)
  }

  /// A selected package as a lock has it.
  public init(_ package: PythonResolution.Package, file: Lock.File) {
    self.init(
      name: package.name, version: package.version, isDirect: package.requiredBy.contains(.request),
      dependencies: package.dependencies, file: file, builtWheel: nil)
  }
}
