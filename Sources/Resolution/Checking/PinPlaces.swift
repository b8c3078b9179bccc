public import Findings
public import Versions
internal import YAML

/// Where pins stand in a lock, and requests in a specification, so that a finding leads to its line.
public struct PinPlaces: Sendable {
  let lockPath: String
  let specPath: String
  private var lockLines: [String: Int] = [:]
  private var requests: [PackageName: Finding.Place] = [:]

  /// Reads both texts; what can't be found has the file alone as its place.
  public init(lockPath: String, lockText: String, specPath: String, specText: String) {
    self.lockPath = lockPath
    self.specPath = specPath
    let member = "\"purl\": \""
    for (number, line) in lockText.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let text = line.drop { $0 == " " }
      guard text.hasPrefix(member) else { continue }
      lockLines[String(text.dropFirst(member.count).prefix { $0 != "\"" })] = number + 1
    }
    guard let root = try? YAMLNode(parsing: specText),
      case .sequence(let elements)? = root["python"]?["requirements"]?.content
    else { return }
    for element in elements {
      guard case .scalar(let text, _) = element.content, let requirement = try? Requirement(parsing: text) else {
        continue
      }
      requests[requirement.name] = Finding.Place(specPath, line: element.position.line, column: element.position.column)
    }
  }

  /// The line of a pin in the lock.
  public func pin(_ url: PackageURL) -> Finding.Place { Finding.Place(lockPath, line: lockLines[url.description]) }

  /// The place of a request in the specification.
  public func request(_ name: PackageName) -> Finding.Place { requests[name] ?? Finding.Place(specPath) }
}
