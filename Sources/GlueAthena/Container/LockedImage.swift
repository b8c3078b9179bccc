import Host
import JSON

/// What the lock in the image says should be installed.
///
/// Read leniently: a newer lock may say more, and what this version doesn't know it can't check.
struct LockedImage: Equatable, Sendable {
  /// When the lock's newest source was released, in seconds since 1970.
  let date: Int?
  let pythonVersion: String?
  let python: [InstalledPackage]
  let debian: [InstalledPackage]

  /// The place of the lock in every image.
  static let path = "/usr/share/glue-athena/lock.json"

  /// Why the lock could not be read.
  enum Failure: Error, Equatable, CustomStringConvertible {
    case missing
    case unreadable(String)

    var description: String {
      switch self {
      case .missing: "there is no lock at \(LockedImage.path)"
      case .unreadable(let reason): "the lock at \(LockedImage.path) can't be read: \(reason)"
      }
    }
  }

  /// Reads the lock of a container.
  init(in container: Container) throws(Failure) {
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try Files.read(container.path(Self.path), limit: 1 << 26) } catch {
      throw error.isMissingFile ? .missing : .unreadable(error.reason)
    }
    do throws(JSONParseError) { self.init(try JSONValue(parsing: bytes)) } catch {
      throw .unreadable(error.description)
    }
  }

  /// Understands a lock.
  init(_ value: JSONValue) {
    date = value["date"]?.string.flatMap { Clock.seconds(rfc3339: $0) }
    pythonVersion = value["python"]?["version"]?.string
    python = Self.packages(value["python"]).map {
      InstalledPackage(name: InstalledPackage.normalized($0.name), version: $0.version)
    }
    debian = Self.packages(value["debian"])
  }

  private static func packages(_ section: JSONValue?) -> [InstalledPackage] {
    (section?["packages"]?.array ?? []).compactMap { package in
      guard let name = package["name"]?.string, let version = package["version"]?.string else { return nil }
      return InstalledPackage(name: name, version: version)
    }
  }

  /// The locked version of a Python package.
  func pythonVersion(of name: String) -> String? { python.first { $0.name == name }?.version }

  /// The locked version of Java, from the name and version of its Debian package.
  var javaVersion: String? {
    let package = debian.first { $0.name.hasPrefix("openjdk-") && $0.name.hasSuffix("-jre-headless") }
    // Debian's version is Java's, a plus sign, the build and the revision: 17.0.13+11-2~deb12u1.
    return package.map { String($0.version.prefix { $0 != "+" && $0 != "-" }) }
  }
}
