internal import Host
internal import OCI
internal import Resolution

/// The wheels that a lock's packages are installed from, on this machine: downloaded, or built again from a locked source.
struct LockedWheels: Sendable {
  let python: Lock.Python
  let store: PythonStore
  /// Builds source distributions; a lock without one needs none.
  let builder: SourceBuilder?
  let progress: Progress

  /// Brings a package's wheel here and gives its path.
  func path(of package: Lock.PythonPackage) async throws -> String {
    guard let expected = package.builtWheel else { return try await store.fetch(package, progress: progress) }
    guard let builder else { throw SourceBuildError.noInterpreter(package.name, package.version) }
    let built = try await builder.build(package, with: python.build.withoutInstaller)
    guard built.wheel.digest == expected.digest else {
      throw BuildError.builtWheel(expected.name, locked: expected.digest.hex, found: built.wheel.digest.hex)
    }
    return built.path
  }

  /// Brings the wheels of all packages here at once, and gives their paths in the same order.
  func paths(of packages: [Lock.PythonPackage]) async throws -> [String] {
    try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for (number, package) in packages.enumerated() { group.addTask { (number, try await path(of: package)) } }
      var paths = [String](repeating: "", count: packages.count)
      for try await (number, path) in group { paths[number] = path }
      return paths
    }
  }
}
