import Packages
import Resolution
import Versions

/// Is one scenario of the public resolver suite: a universe of packages, a request and what should come of it.
struct ResolverScenario {
  let name: String
  /// Why a scenario can't be judged by resolving for one environment, if it can't.
  let outOfScope: String?
  let request: PythonRequest
  let index: ScenarioIndex
  let isSatisfiable: Bool
  /// The versions that should be selected, if the scenario says so.
  let expected: [PackageName: PEP440Version]?

  init(parsing text: String) throws {
    let file = try TOMLSubset(parsing: text)
    name = file["name"]?.string ?? "unnamed"
    // uv 0.13.9 resolves this one as well, as `lock` and as `pip compile`: what it expects is a different order of forks.
    let isOutdated = name == "preferences-dependent-forking-conflicting"
    outOfScope =
      isOutdated || file["testgen"]?["disable"]?.boolean == true ? "its expectation is not one of resolving" : nil
    let options = file["resolver_options"]
    let python = options?["python"]?.string ?? file["environment"]?["python"]?.string ?? "3.12"
    let requirements = try (file["root"]?["requires"]?.strings ?? []).map { try Requirement(parsing: $0) }
    index = try ScenarioIndex(file["packages"] ?? .emptyTable)
    var request = PythonRequest(
      requirements: requirements,
      target: try Self.target(
        python: python,
        requires: file["testgen"]?["kind"]?.string == "compile" ? nil : file["root"]?["requires_python"]?.string,
        isUniversal: options?["universal"]?.boolean == true))
    request.noWheels = try Self.projects(options?["no_binary"])
    request.noBuilds = try Self.projects(options?["no_build"])
    if options?["prereleases"]?.boolean == true { request.preReleases = .allow }
    if let strategy = options?["resolution"]?.string {
      request.strategy = PythonRequest.Strategy(rawValue: strategy) ?? .highest
    }
    self.request = request
    isSatisfiable = file["expected"]?["satisfiable"]?.boolean ?? true
    if let packages = file["expected"]?["packages"] {
      expected = try Dictionary(
        uniqueKeysWithValues: packages.keys.map {
          (try PackageName(parsing: $0), try PEP440Version(parsing: packages[$0]?.string ?? ""))
        })
    } else {
      expected = nil
    }
  }

  private static func target(python: String, requires: String?, isUniversal: Bool) throws -> PythonTarget {
    let version = try PEP440Version(parsing: python)
    guard isUniversal else {
      return .platform(
        PythonPlatform(python: version, glibc: try PEP440Version(parsing: "2.36"), machine: "x86_64"))
    }
    let oldest = try requires.map { try PEP440SpecifierSet(parsing: $0) }?.ranges.intervals.first?.lower?.version
    return .environments(EnvironmentSet(pythonFrom: oldest ?? version))
  }

  private static func projects(_ option: TOMLSubset?) throws -> PythonRequest.Selection {
    if option?.boolean == true { return .all }
    return .only(Set(try (option?.strings ?? []).map { try PackageName(parsing: $0) }))
  }
}

/// Serves a scenario's packages from memory.
struct ScenarioIndex: PythonIndex {
  private var filesByProject: [PackageName: [PythonFile]] = [:]
  private var metadataByFile: [String: PythonMetadata] = [:]

  var projects: Set<PackageName> { Set(filesByProject.keys) }

  init(_ packages: TOMLSubset) throws {
    for projectText in packages.keys {
      let project = try PackageName(parsing: projectText)
      let versions = packages[projectText]?["versions"] ?? .emptyTable
      filesByProject[project] = []
      for versionText in versions.keys {
        try add(project, versionText, versions[versionText] ?? .emptyTable)
      }
    }
  }

  private mutating func add(_ project: PackageName, _ versionText: String, _ facts: TOMLSubset) throws {
    let extras = facts["extras"] ?? .emptyTable
    var requirements = try (facts["requires"]?.strings ?? []).map { try Requirement(parsing: $0) }
    for extra in extras.keys {
      for text in extras[extra]?.strings ?? [] {
        let requirement = try Requirement(parsing: text)
        let condition = Marker.comparison(.variable(.extra), .version(.equal), .literal(extra))
        requirements.append(
          Requirement(
            name: requirement.name, extras: requirement.extras, source: requirement.source,
            marker: requirement.marker.map { .all([$0, condition]) } ?? condition))
      }
    }
    let metadata = PythonMetadata(
      name: project, version: try PEP440Version(parsing: versionText), requirements: requirements,
      extras: try extras.keys.map { try PackageName(parsing: $0) })
    let stem = "\(project.description.split(separator: "-").joined(separator: "_"))-\(versionText)"
    var names: [String] = []
    if facts["wheel"]?.boolean ?? true {
      names += (facts["wheel_tags"]?.strings ?? ["py3-none-any"]).map { "\(stem)-\($0).whl" }
    }
    if facts["sdist"]?.boolean ?? true { names.append("\(stem).tar.gz") }
    for name in names {
      let file = try PythonFile(
        fileName: name, project: project, url: "https://example.org/\(name)",
        requiresPython: facts["requires_python"]?.string, yankReason: facts["yanked"]?.boolean == true ? "" : nil)
      filesByProject[project]?.append(file)
      metadataByFile[name] = metadata
    }
  }

  func files(of project: PackageName) async throws -> [PythonFile] {
    guard let files = filesByProject[project] else { throw PythonIndexError.unknownProject(project) }
    return files
  }

  func metadata(of file: PythonFile, project: PackageName) async throws -> PythonMetadata {
    guard let metadata = metadataByFile[file.fileName] else { throw PythonIndexError.unknownProject(project) }
    return metadata
  }
}
