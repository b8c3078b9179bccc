import Dockerfiles
import TOML
import Versions

extension PylockFile {
  /// The versions that a lock file pins.
  static func versions(in text: String, path: String) throws -> [PackageName: PEP440Version] {
    let root: TOMLNode
    do throws(TOMLError) { root = try TOMLNode(parsing: text) } catch {
      throw Failure(.badInput, "\(path):\(error)", hint: "restore it from version control, or remove it")
    }
    var versions: [PackageName: PEP440Version] = [:]
    for package in root["packages"]?.array ?? [] {
      guard let name = package["name"]?.string.flatMap({ try? PackageName(parsing: $0) }) else { continue }
      versions[name] = package["version"]?.string.flatMap { try? PEP440Version(parsing: $0) }
    }
    return versions
  }
}
