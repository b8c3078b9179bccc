import Versions

/// A POM joined with its parents and imports, its properties replaced: what an artifact needs.
struct MavenModel: Sendable {
  /// Something that is needed.
  struct Dependency: Sendable, Hashable {
    let group: String
    let artifact: String
    /// Absent where only a version that something else manages will do.
    let version: String?
    let type: String
    let classifier: String?
    let scope: String
    let isOptional: Bool
    let exclusions: [MavenExclusion]

    /// What makes two entries of management the same one.
    var key: [String] { [group, artifact, type, classifier ?? ""] }
  }

  /// Where the artifact has moved to, if it has.
  let relocation: Pom.Identity?
  /// What it needs, with the versions that it manages itself.
  let dependencies: [Dependency]
  /// What it manages, for those who import it.
  let managed: [Dependency]

  /// Replaces properties and joins dependencies with what is managed.
  ///
  /// - Parameter imports: What the POMs manage that are imported, in their order.
  init(_ pom: Pom, imports: [Dependency]) {
    let text = Interpolator(pom)
    let own = pom.managed.filter { text($0.scope) != "import" }.map { Dependency($0, text, managed: nil) }
    var keys = Set(own.map(\.key))
    let managed = own + imports.filter { keys.insert($0.key).inserted }
    let byKey = Dictionary(managed.map { ($0.key, $0) }) { first, _ in first }
    self.managed = managed
    relocation = pom.relocation.map {
      Pom.Identity(group: text($0.group), artifact: text($0.artifact), version: text($0.version))
    }
    dependencies = pom.dependencies.map { raw in
      let key = [text(raw.group), text(raw.artifact), text(raw.type) ?? "jar", text(raw.classifier) ?? ""]
      return Dependency(raw, text, managed: byKey[key])
    }
  }

  /// The POMs that are imported, in their order.
  static func imports(_ pom: Pom) -> [Pom.Identity] {
    let text = Interpolator(pom)
    return pom.managed.filter { text($0.scope) == "import" }.map {
      Pom.Identity(group: text($0.group), artifact: text($0.artifact), version: text($0.version))
    }
  }
}

extension MavenModel.Dependency {
  fileprivate init(_ raw: Pom.Dependency, _ text: Interpolator, managed: MavenModel.Dependency?) {
    self.init(
      group: text(raw.group), artifact: text(raw.artifact), version: text(raw.version) ?? managed?.version,
      type: text(raw.type) ?? "jar", classifier: text(raw.classifier),
      scope: text(raw.scope) ?? managed?.scope ?? "compile",
      isOptional: (text(raw.isOptional) ?? "false") == "true",
      exclusions: raw.exclusions + (managed?.exclusions ?? []))
  }
}

/// Replaces `${name}` by a project's properties and by what it says of itself.
struct Interpolator {
  private let values: [String: String]

  /// How often a value may lead to another.
  private static let depthLimit = 16

  init(_ pom: Pom) {
    var values = pom.properties
    for (name, value) in [
      ("groupId", pom.identity.group), ("artifactId", pom.identity.artifact), ("version", pom.identity.version),
      ("parent.groupId", pom.parent?.group), ("parent.artifactId", pom.parent?.artifact),
      ("parent.version", pom.parent?.version),
    ] {
      guard let value else { continue }
      values["project.\(name)"] = value
      values["pom.\(name)"] = value
      values[name] = values[name] ?? value
    }
    self.values = values
  }

  func callAsFunction(_ text: String?) -> String? { text.map { self($0) } }

  /// The text with all that is known replaced; what is not stays as it is.
  func callAsFunction(_ text: String) -> String { replacing(text, depth: 0) }

  private func replacing(_ text: String, depth: Int) -> String {
    guard depth < Self.depthLimit, text.contains("${") else { return text }
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[dollar...]
      guard rest.hasPrefix("${"), let end = rest.firstIndex(of: "}") else {
        result += rest.prefix(1)
        rest = rest.dropFirst()
        continue
      }
      let name = String(rest[rest.index(dollar, offsetBy: 2)..<end])
      result += values[name].map { replacing($0, depth: depth + 1) } ?? "${\(name)}"
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
