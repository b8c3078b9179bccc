internal import OCI
internal import Packages
internal import Resolution

/// One locked file, with its place in a vendored folder and in this machine's cache.
struct VendoredFile: Sendable, Hashable {
  /// The path below the folder.
  let path: String
  /// What it is accepted by.
  let digest: Digest
  /// Where the cache has it, or would have it.
  let cached: String

  /// Every file that a lock names: Debian packages below `debian`, RPM packages below `rpm`, Python's wheels and sources below
  /// `python`, and what comes from Maven repositories below `jars`, by its place there.
  static func all(of lock: Lock, _ sources: ArtefactSources) -> [VendoredFile] {
    var files: [VendoredFile] = []
    if let debian = sources.debian {
      files += (lock.debian?.packages ?? []).map { pin in
        VendoredFile(path: "debian/\(pin.filename)", digest: pin.digest, cached: debian.path(of: pin.digest))
      }
    }
    if let rpm = sources.rpm {
      files += (lock.rpm?.packages ?? []).map { pin in
        VendoredFile(path: "rpm/\(pin.description).rpm", digest: pin.digest, cached: rpm.path(of: pin.digest))
      }
    }
    if let maven = sources.maven {
      files += (lock.jars?.artifacts ?? []).map { pin in
        VendoredFile(path: "jars/\(pin.coordinate.path)", digest: pin.digest, cached: maven.path(of: pin.digest))
      }
    }
    files += pythonPackages(of: lock).map { package in
      VendoredFile(
        path: "python/\(package.file.name)", digest: package.file.digest, cached: sources.python.path(of: package.file))
    }
    return files.sorted { $0.path < $1.path }
  }

  /// The packages of the image, of its tests and of the builds of its sources, each once.
  static func pythonPackages(of lock: Lock) -> [Lock.PythonPackage] {
    guard let python = lock.python else { return [] }
    var names: Set<String> = []
    return (python.packages + python.build + python.test).filter { names.insert($0.file.name).inserted }
  }
}
