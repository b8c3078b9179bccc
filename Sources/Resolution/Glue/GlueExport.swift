internal import OCI
public import Versions

/// The Python pins of a lock in the form that the Glue service takes: it never runs the image, but can be told its packages.
///
/// Source: AWS Glue Developer Guide, "Using Python libraries with AWS Glue", with its appendix on zips of wheels.
public struct GlueExport: Sendable, Hashable {
  /// Why pins can't be given to a Glue version.
  public enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The lock has no Python packages.
    case noPython
    /// The lock is for another interpreter.
    case python(locked: PEP440Version, glue: String, needs: PEP440Version)
    /// These wheels load nowhere on that Glue version.
    case wheels([String], glue: String, glibc: PEP440Version)

    /// What is wrong, in one sentence.
    public var description: String {
      switch self {
      case .noPython: "the lock has no Python packages"
      case .python(let locked, let glue, let needs):
        "the lock is for Python \(locked), Glue \(glue) runs Python \(needs)"
      case .wheels(let names, let glue, let glibc):
        "Glue \(glue) has glibc \(glibc), too old for \(names.joined(separator: ", "))"
      }
    }

    /// What to do about it, if there is something.
    public var hint: String? {
      switch self {
      case .noPython: nil
      case .python(let locked, _, let needs):
        "name a Glue version with Python \(locked), or pin an image with 'python.version: \"\(needs)\"'"
      case .wheels(_, _, let glibc): "pin with 'python.glibc: \"\(glibc)\"' in image.yaml"
      }
    }
  }

  /// What Glue brings itself, tied to its own Spark.
  private static let own: Set<String> = ["pyspark", "py4j", "awsgluedataplanepython"]

  /// The release.
  public let release: GlueRelease
  /// The packages to install, sorted by name: those that Glue does not document to have in this very version.
  public let packages: [Lock.PythonPackage]
  /// The locked packages that Glue has in the same version.
  public let present: [Lock.PythonPackage]
  /// The locked packages that Glue brings itself.
  public let leftOut: [Lock.PythonPackage]

  /// Chooses what a Glue version has to be given of a lock.
  public init(_ lock: Lock, for release: GlueRelease) throws(Failure) {
    guard let python = lock.python, !python.packages.isEmpty else { throw .noPython }
    guard python.version.release.prefix(2) == release.python.release.prefix(2) else {
      throw .python(locked: python.version, glue: release.version, needs: release.python)
    }
    self.release = release
    let documented = Dictionary(release.packages.map { ($0.name, $0.version) }) { $1 }
    leftOut = python.packages.filter { Self.own.contains($0.name.description) }
    let others = python.packages.filter { !Self.own.contains($0.name.description) }
    present = others.filter { documented[$0.name] == $0.version }
    packages = others.filter { documented[$0.name] != $0.version }
    let platform = PythonPlatform(
      python: release.python, glibc: release.glibc, machine: lock.platform.pythonMachine ?? "x86_64")
    let unfit = packages.map(\.wheel.name).filter { name in
      guard let wheel = try? WheelName(parsing: name) else { return true }
      return platform.rank(of: wheel) == nil
    }
    guard unfit.isEmpty else { throw .wheels(unfit, glue: release.version, glibc: release.glibc) }
  }

  /// Whether this Glue version takes a zip of wheels and a requirements file.
  public var takesBundles: Bool { release.version.first.map { $0 >= "5" } ?? false }

  /// The packages as `--additional-python-modules` takes them by name.
  public var modules: String { packages.map { "\($0.name)==\($0.version)" }.joined(separator: ",") }

  /// The job's default arguments, with packages from an index.
  public var arguments: [String: String] { packages.isEmpty ? [:] : ["--additional-python-modules": modules] }

  /// The job's default arguments with packages from files, which are never asked for at an index.
  ///
  /// - Parameter location: Where the files lie, for example `s3://bucket/path`.
  public func arguments(bundle: String, location: String) -> [String: String] {
    if packages.isEmpty { return [:] }
    let place = location.hasSuffix("/") ? String(location.dropLast()) : location
    let files = takesBundles ? [bundle] : packages.map { "wheels/\($0.wheel.name)" }
    return [
      "--additional-python-modules": files.map { "\(place)/\($0)" }.joined(separator: ","),
      "--python-modules-installer-option": "--no-index",
    ]
  }
}
