import XML

/// A POM as it stands in its file, not yet joined with its parents (POM reference).
struct Pom: Sendable {
  /// A dependency, or an entry of `dependencyManagement`; texts may hold `${…}`.
  struct Dependency: Sendable, Hashable {
    var group: String
    var artifact: String
    var version: String?
    var type: String?
    var classifier: String?
    var scope: String?
    var isOptional: String?
    var exclusions: [MavenExclusion]

    /// What makes two entries the same one.
    var key: [String] { [group, artifact, type ?? "jar", classifier ?? ""] }
  }

  /// Group, artifact and version, each absent where a parent says it.
  struct Identity: Sendable, Hashable {
    var group: String?
    var artifact: String?
    var version: String?
  }

  var identity: Identity
  let parent: Identity?
  let relocation: Identity?
  var properties: [String: String]
  var managed: [Dependency]
  var dependencies: [Dependency]

  init(parsing bytes: [UInt8], of coordinate: String) throws(MavenError) {
    let root: XMLElement
    do { root = try XMLElement(parsing: bytes) } catch {
      throw .malformed("the POM of \(coordinate)", reason: "\(error)")
    }
    guard root.name == "project" else {
      throw .malformed("the POM of \(coordinate)", reason: "it is no project but '\(root.name)'")
    }
    identity = Identity(root)
    parent = root["parent"].map(Identity.init)
    relocation = root["distributionManagement"]?["relocation"].map(Identity.init)
    // A profile that is active unless told otherwise counts; what depends on a machine does not.
    let parts =
      [root] + (root["profiles"]?.children ?? []).filter { $0["activation"]?["activeByDefault"]?.text == "true" }
    properties = [:]
    for property in parts.flatMap({ $0["properties"]?.children ?? [] }) { properties[property.name] = property.text }
    managed = parts.flatMap { $0["dependencyManagement"]?["dependencies"]?.all("dependency") ?? [] }.map(
      Dependency.init)
    dependencies = parts.flatMap { $0["dependencies"]?.all("dependency") ?? [] }.map(Dependency.init)
  }

  /// Joins what the parent says with what the POM says itself, which counts more.
  mutating func inherit(from parent: Pom) {
    identity.group = identity.group ?? parent.identity.group
    identity.version = identity.version ?? parent.identity.version
    properties.merge(parent.properties) { own, _ in own }
    managed = Self.merged(managed, parent.managed)
    dependencies = Self.merged(dependencies, parent.dependencies)
  }

  /// Entries, and those of another list that are not among them.
  static func merged(_ entries: [Dependency], _ others: [Dependency]) -> [Dependency] {
    var keys = Set(entries.map(\.key))
    return entries + others.filter { keys.insert($0.key).inserted }
  }
}

extension Pom.Identity {
  fileprivate init(_ element: XMLElement) {
    func text(_ name: String) -> String? { element[name]?.text.isEmpty == false ? element[name]?.text : nil }
    self.init(group: text("groupId"), artifact: text("artifactId"), version: text("version"))
  }
}

extension Pom.Dependency {
  fileprivate init(_ element: XMLElement) {
    func text(_ name: String) -> String? { element[name]?.text.isEmpty == false ? element[name]?.text : nil }
    self.init(
      group: text("groupId") ?? "", artifact: text("artifactId") ?? "", version: text("version"), type: text("type"),
      classifier: text("classifier"), scope: text("scope"), isOptional: text("optional"),
      exclusions: (element["exclusions"]?.children ?? []).compactMap {
        MavenExclusion(group: $0["groupId"]?.text ?? "*", artifact: $0["artifactId"]?.text ?? "*")
      })
  }
}
