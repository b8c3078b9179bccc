extension Lock.PythonPackage {
  /// The package with a wheel that was built of its source.
  public func built(_ wheel: Lock.File) -> Lock.PythonPackage {
    Lock.PythonPackage(
      name: name, version: version, isDirect: isDirect, dependencies: dependencies, file: file, builtWheel: wheel)
  }

  /// A selected package as a lock has it.
  public init(_ package: PythonResolution.Package, file: Lock.File) {
    self.init(
      name: package.name, version: package.version, isDirect: package.requiredBy.contains(.request),
      dependencies: package.dependencies, file: file, builtWheel: nil)
  }
}
