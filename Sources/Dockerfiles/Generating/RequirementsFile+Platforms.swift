public import OCI
public import Resolution
public import Versions

extension RequirementsFile {
  /// The requirements of all platforms of a lock in one file: pip takes of it what is for its own machine.
  ///
  /// A package of one version everywhere stands there once, with the hashes of all platforms' files; else each platform's has a
  /// marker.
  public init(lock: LockFile) {
    let files = lock.locks.map { RequirementsFile(lock: $0) }
    guard lock.hasSeveralPlatforms else {
      self = files[0]
      return
    }
    var merged: [Pin: (entry: Entry, platforms: [Platform])] = [:]
    for (platform, file) in zip(lock.platforms, files) {
      for entry in file.entries {
        let pin = Pin(name: entry.name, version: entry.version, address: entry.address)
        guard let (known, platforms) = merged[pin] else {
          merged[pin] = (entry, [platform])
          continue
        }
        let joined = Entry(
          name: known.name, extras: known.extras, version: known.version, address: known.address,
          digests: known.digests + entry.digests.filter { !known.digests.contains($0) },
          via: known.via + entry.via.filter { !known.via.contains($0) })
        merged[pin] = (joined, platforms + [platform])
      }
    }
    let all = lock.platforms
    self.init(
      comment: files[0].comment,
      entries: merged.values.map { entry, platforms in
        Entry(
          name: entry.name, version: entry.version, address: entry.address,
          marker: Marker.machines(of: platforms, among: all), digests: entry.digests, via: entry.via)
      })
  }

  /// What makes entries of several platforms one.
  private struct Pin: Hashable {
    let name: PackageName
    let version: PEP440Version
    let address: String?
  }
}

extension Marker {
  /// The condition for some of several platforms, nil if they are all of them (PEP 508, `platform_machine`).
  public static func machines(of platforms: [Platform], among all: [Platform]) -> Marker? {
    if platforms.count == all.count { return nil }
    let conditions = platforms.map { platform in
      Marker.comparison(
        .variable(.platformMachine), .version(.equal), .literal(platform.pythonMachine ?? platform.architecture))
    }
    return conditions.count == 1 ? conditions[0] : .any(conditions)
  }
}
