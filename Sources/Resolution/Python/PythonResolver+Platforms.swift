public import Versions

extension PythonResolver {
  /// Resolves for one platform after the other; each has the versions of those before it wherever its files allow it.
  ///
  /// - Parameter request: The request for a platform, given the versions to keep to where they do.
  /// - Returns: One resolution whose packages say where they are needed.
  public func resolve(
    for platforms: [PythonPlatform],
    _ request: (_ target: PythonTarget, _ earlier: [PackageName: PEP440Version]) throws -> PythonRequest
  ) async throws -> (joined: PythonResolution, environments: [Marker]) {
    var parts: [PythonResolution] = []
    var earlier: [PackageName: PEP440Version] = [:]
    for platform in platforms {
      let part = try await resolve(try request(.platform(platform), earlier)).limited(to: platform.environments)
      for package in part.packages where earlier[package.name] == nil { earlier[package.name] = package.version }
      parts.append(part)
    }
    return (PythonResolution(joining: parts), parts.compactMap { $0.environments.marker() })
  }
}

extension PythonPlatform {
  /// The environments that the platform stands for.
  fileprivate var environments: EnvironmentSet {
    let python = "\(python.releaseNumber(at: 0)).\(python.releaseNumber(at: 1))"
    return EnvironmentSet(
      .all([
        .comparison(.variable(.pythonVersion), .version(.equal), .literal(python)),
        .comparison(.variable(.sysPlatform), .version(.equal), .literal("linux")),
        .comparison(.variable(.platformMachine), .version(.equal), .literal(machine)),
      ]))
  }
}
