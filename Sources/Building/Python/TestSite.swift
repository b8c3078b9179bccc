internal import Host
internal import Layers
internal import OCI
public import Resolution

/// A directory of unpacked wheels to put on `PYTHONPATH`, for what an image must not hold: test servers and build backends.
public enum TestSite {
  /// Makes the directory for these packages, or finds the one that was made before.
  ///
  /// - Parameter wheels: The paths of the packages' wheels, in the same order.
  public static func directory(
    of packages: [Lock.PythonPackage], wheels: [String], cache: BuildCache
  ) async throws -> String {
    let key = BuildCache.key(["1"] + packages.map(\.wheel.digest.hex))
    return try await cache.directory(.sites, key: key) { directory in
      for wheel in wheels {
        try await BlockingPool.run { try SourceArchive.unpackZip(wheel, into: directory) }
      }
    }
  }
}
