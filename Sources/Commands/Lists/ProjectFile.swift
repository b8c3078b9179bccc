import Host
import TOML
import Versions

/// Names extras of a project, or all.
enum ProjectExtras: Equatable {
  case all
  case only([PackageName])
}

/// Reads what a `pyproject.toml` depends on.
///
/// Specification: the "pyproject.toml specification" (PEP 621) and "Dependency Groups" (PEP 735).
struct ProjectFile {
  private let path: String
  private let root: TOMLNode

  init(path: String) throws {
    self.path = path
    let text = try Failure.reading(path) { path throws(SystemError) in try Files.text(path, limit: 1 << 24) }
    do throws(TOMLError) { root = try TOMLNode(parsing: text) } catch {
      throw Failure(.badInput, "\(path):\(error)")
    }
  }

  /// The dependencies of the project, of some of its extras and of some groups.
  func list(extras: ProjectExtras, groups: [PackageName]) throws -> RequirementList {
    var list = RequirementList()
    if let project = root["project"] {
      try readProject(project, extras, into: &list)
    } else if groups.isEmpty {
      throw Failure(
        .badInput, "\(path):1:1: there is no table [project], so it is not known what the project depends on",
        hint: "name a group of [dependency-groups] with --group")
    } else if extras != .only([]) {
      throw Failure(.badInput, "\(path):1:1: there is no table [project] that could have extras")
    }
    for group in groups { list.requirements += try members(of: group, open: []) }
    return list
  }

  private func readProject(_ project: TOMLNode, _ extras: ProjectExtras, into list: inout RequirementList) throws {
    list.project = try project["name"].map {
      try value($0, "a name") { text throws(VersionNotationError) in
        try PackageName(parsing: text)
      }
    }
    list.requiresPython = try project["requires-python"].map {
      try value($0, "versions of Python") {
        text throws(VersionNotationError) in try PEP440SpecifierSet(parsing: text)
      }
    }
    for field in ["dependencies", "optional-dependencies"] {
      guard let dynamic = project["dynamic"]?.array?.first(where: { $0.string == field }) else { continue }
      if field == "optional-dependencies", extras == .only([]) { continue }
      throw fault(dynamic, "'\(field)' is only known once the project is built", hint: "state it in [project]")
    }
    if let node = project["dependencies"] { list.requirements += try requirements(node) }
    let table = project["optional-dependencies"]?.table ?? []
    var optional: [PackageName: TOMLNode] = [:]
    for entry in table {
      guard let name = try? PackageName(parsing: entry.key), optional.updateValue(entry.value, forKey: name) == nil
      else { throw fault(entry.value, "'\(entry.key)' is no name of an extra, or stands here twice") }
    }
    let wanted: [PackageName] =
      switch extras {
      case .all: optional.keys.sorted()
      case .only(let names): names
      }
    var (waiting, seen) = (wanted[...], Set(wanted))
    while let name = waiting.popFirst() {
      guard let node = optional[name] else {
        let known = optional.keys.sorted().map(\.description).joined(separator: ", ")
        throw Failure(
          .badInput, "\(path) has no extra '\(name)'",
          hint: known.isEmpty ? "it has no [project.optional-dependencies]" : "it has \(known)")
      }
      for requirement in try requirements(node) {
        // An extra may be made of others of the same project.
        guard requirement.name == list.project else {
          list.requirements.append(requirement)
          continue
        }
        for other in requirement.extras where seen.insert(other).inserted { waiting.append(other) }
      }
    }
  }

  // MARK: Groups

  private func members(of group: PackageName, open: [PackageName]) throws -> [Requirement] {
    let table = root["dependency-groups"]?.table ?? []
    guard let entry = table.first(where: { (try? PackageName(parsing: $0.key)) == group }) else {
      let known = table.map(\.key).joined(separator: ", ")
      throw Failure(
        .badInput, "\(path) has no dependency group '\(group)'",
        hint: known.isEmpty ? "it has no [dependency-groups]" : "it has \(known)")
    }
    guard !open.contains(group) else {
      throw fault(
        entry.value, "groups include each other: \((open + [group]).map(\.description).joined(separator: " → "))")
    }
    guard let elements = entry.value.array else {
      throw fault(entry.value, "expected a list, found \(entry.value.kind)")
    }
    return try elements.flatMap { element in
      guard let members = element.table else { return [try requirement(element)] }
      guard members.count == 1, members[0].key == "include-group", let name = members[0].value.string,
        let other = try? PackageName(parsing: name)
      else { throw fault(element, "expected { include-group = \"NAME\" }") }
      return try self.members(of: other, open: open + [group])
    }
  }

  // MARK: Values

  private func requirements(_ node: TOMLNode) throws -> [Requirement] {
    guard let elements = node.array else { throw fault(node, "expected a list of requirements, found \(node.kind)") }
    return try elements.map(requirement)
  }

  private func requirement(_ node: TOMLNode) throws -> Requirement {
    let requirement = try value(node, "a requirement") { text throws(VersionNotationError) in
      try Requirement(parsing: text)
    }
    if case .url(let address) = requirement.source, address.contains("+"), !address.hasPrefix("http") {
      throw fault(
        node, "'\(address)' is a repository: what a commit builds to has no hash that could be pinned",
        hint: "name a released version, or an archive or wheel by its address")
    }
    return requirement
  }

  private func value<Value>(
    _ node: TOMLNode, _ expected: String, _ parse: (String) throws(VersionNotationError) -> Value
  ) throws -> Value {
    guard let text = node.string else { throw fault(node, "expected \(expected), found \(node.kind)") }
    do throws(VersionNotationError) { return try parse(text) } catch { throw fault(node, "\(error)") }
  }

  private func fault(_ node: TOMLNode, _ message: String, hint: String? = nil) -> Failure {
    Failure(.badInput, "\(path):\(node.position): \(message)", hint: hint)
  }
}
