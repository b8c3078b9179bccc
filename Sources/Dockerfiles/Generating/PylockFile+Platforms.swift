public import OCI
internal import Versions

extension PylockFile {
  /// The file for several platforms: a package of one version has the files of all that have it, and a marker if some have not.
  ///
  /// - Parameter files: Each platform's, in the order of the platforms; at least one.
  public init(joining files: [PylockFile], of platforms: [Platform]) {
    guard files.count > 1 else {
      self.init(requiresPython: files.first?.requiresPython, packages: files.first?.packages ?? [])
      return
    }
    var joined: [Pin: (package: Package, platforms: [Platform])] = [:]
    for (platform, file) in zip(platforms, files) {
      for package in file.packages {
        let pin = Pin(
          name: package.name, version: package.version, archive: package.isDirect ? package.files.first?.url : nil)
        guard let known = joined[pin] else {
          joined[pin] = (package, [platform])
          continue
        }
        let more = package.files.filter { file in !known.package.files.contains { $0.digest == file.digest } }
        joined[pin] = (Self.package(known.package, with: known.package.files + more), known.platforms + [platform])
      }
    }
    self.init(
      environments: platforms.compactMap { Marker.machines(of: [$0], among: platforms) },
      requiresPython: files[0].requiresPython,
      packages: joined.values.map { package, some in
        Self.package(package, with: package.files, if: Marker.machines(of: some, among: platforms))
      })
  }

  private static func package(_ package: Package, with files: [File], if marker: Marker? = nil) -> Package {
    Package(
      name: package.name, version: package.version, marker: marker, requiresPython: package.requiresPython,
      isDirect: package.isDirect, files: files)
  }

  /// What makes packages of several platforms one.
  private struct Pin: Hashable {
    let name: PackageName
    let version: PEP440Version
    let archive: String?
  }
}
