public import Versions

/// Chooses artifacts as Maven 3 does for running: what is nearest to the request wins, then what is named first.
///
/// Tests, what the surroundings provide and what is optional are left out. Versions that the request manages count everywhere; those
/// that an artifact's own POM manages count for what it needs itself.
public struct MavenResolver: Sendable {
  private let repositories: MavenRepositories

  /// What is asked for.
  public struct Request: Sendable, Hashable {
    /// The artifacts; versions may be ranges.
    public let artifacts: [MavenCoordinate]
    /// Versions that count wherever something needs the artifact.
    public let managed: [MavenCoordinate]
    /// POMs whose managed versions count.
    public let boms: [MavenCoordinate]
    /// What is left out with everything below it.
    public let exclude: [MavenExclusion]
    /// Versions that stay where what is asked for allows them.
    public let held: [MavenName: String]
    /// The highest version of an artifact where a range leaves a choice.
    public let limits: [MavenName: MavenVersion]

    /// Joins the parts.
    public init(
      artifacts: [MavenCoordinate], managed: [MavenCoordinate] = [], boms: [MavenCoordinate] = [],
      exclude: [MavenExclusion] = [], held: [MavenName: String] = [:], limits: [MavenName: MavenVersion] = [:]
    ) {
      self.artifacts = artifacts
      self.managed = managed
      self.boms = boms
      self.exclude = exclude
      self.held = held
      self.limits = limits
    }
  }

  /// One artifact of the result.
  struct Node: Sendable, Hashable {
    let coordinate: MavenCoordinate
    let isDirect: Bool
    var dependencies: Set<MavenName> = []
  }

  /// Chooses from repositories.
  init(_ repositories: MavenRepositories) { self.repositories = repositories }

  /// What tells artifacts apart of which only one version can be there.
  private struct Key: Hashable {
    let name: MavenName
    let fileExtension: String
    let classifier: String?
  }

  private struct Want: Sendable {
    let coordinate: MavenCoordinate
    let exclusions: [MavenExclusion]
    let chain: [String]
    let parent: MavenName?
  }

  private struct Managed {
    let version: String?
    let scope: String?
    let exclusions: [MavenExclusion]
  }

  func resolve(_ request: Request) async throws(MavenError) -> [Node] {
    let managed = try await management(request)
    var forced: [Key: String] = [:]
    while true {
      switch try await attempt(request, managed, forced) {
      case .done(let nodes): return nodes
      case .force(let key, let version): forced[key] = version
      }
    }
  }

  private enum Outcome {
    case done([Node])
    /// A range that came up later asks for another version.
    case force(Key, String)
  }

  /// Goes through what is needed level by level, so that what is nearest comes first.
  private func attempt(
    _ request: Request, _ managed: [[String]: Managed], _ forced: [Key: String]
  ) async throws(MavenError) -> Outcome {
    var nodes: [Key: Node] = [:]
    var ranges: [Key: [(range: MavenVersionRange, chain: [String])]] = [:]
    var versions: [Key: [String]] = [:]
    var level = request.artifacts.map { Want(coordinate: $0, exclusions: request.exclude, chain: [], parent: nil) }
    while !level.isEmpty {
      var fresh: [(want: Want, coordinate: MavenCoordinate)] = []
      for want in level {
        let asked = want.coordinate
        let key = Key(name: asked.name, fileExtension: asked.fileExtension, classifier: asked.classifier)
        let range = try Self.range(asked, want.chain)
        versions[key, default: []].append(asked.version)
        if let parent = want.parent, let index = nodes.first(where: { $0.value.coordinate.name == parent })?.key {
          nodes[index]?.dependencies.insert(asked.name)
        }
        if !range.intervals.isEmpty { ranges[key, default: []].append((range, want.chain)) }
        if let node = nodes[key] {
          if range.admits(MavenVersion(node.coordinate.version)) { continue }
          // The nearest version is outside of a range: the highest that all ranges admit, once.
          guard forced[key] == nil else {
            throw .rangeConflict(
              asked.name.description, version: node.coordinate.version, range: range.description, chain: want.chain)
          }
          let all = ranges[key]?.map(\.range) ?? []
          let known = (versions[key] ?? []).filter { version in
            all.allSatisfy { $0.admits(MavenVersion(version)) } && MavenName.isPart(version)
          }
          if let version = known.first { return .force(key, version) }
          return .force(key, try await highest(asked.name, all, request, want.chain))
        }
        let version: String
        if let fixed = forced[key] {
          version = fixed
        } else if range.intervals.isEmpty {
          version = asked.version
        } else {
          version = try await highest(asked.name, [range], request, want.chain)
        }
        let coordinate = asked.with(version: version)
        nodes[key] = Node(coordinate: coordinate, isDirect: want.chain.isEmpty)
        fresh.append((want, coordinate))
      }
      level = try await next(fresh, managed, &nodes)
    }
    let files = nodes.values.filter { $0.coordinate.fileExtension != "pom" }
    return .done(files.sorted { $0.coordinate.description < $1.coordinate.description })
  }

  private static func range(_ coordinate: MavenCoordinate, _ chain: [String]) throws(MavenError) -> MavenVersionRange {
    guard !coordinate.version.contains("${") else {
      throw .noVersion(
        coordinate.name.description, in: chain.last ?? "image.yaml", reason: "\(coordinate.version) has no value")
    }
    do { return try MavenVersionRange(parsing: coordinate.version) } catch {
      throw .malformed("the POM of \(chain.last ?? coordinate.description)", reason: "\(error)")
    }
  }

  private func highest(
    _ name: MavenName, _ ranges: [MavenVersionRange], _ request: Request, _ chain: [String]
  ) async throws(MavenError) -> String {
    let versions = try await repositories.versions(of: name, chain: chain).filter { !$0.isSnapshot }
    let limit = request.limits[name]
    let fitting = versions.filter { version in
      ranges.allSatisfy { $0.admits(version) } && limit.map { version <= $0 } ?? true
    }
    if let held = request.held[name], fitting.contains(where: { $0.description == held }) { return held }
    guard let best = fitting.last else {
      throw .emptyRange(
        name.description, range: ranges.map(\.description).joined(separator: " and "),
        newest: versions.last?.description)
    }
    return best.description
  }

  /// What the artifacts of a level need, in their order; their POMs are read at the same time.
  private func next(
    _ fresh: [(want: Want, coordinate: MavenCoordinate)], _ managed: [[String]: Managed], _ nodes: inout [Key: Node]
  ) async throws(MavenError) -> [Want] {
    let models = try await models(fresh.map { ($0.coordinate, $0.want.chain) })
    var level: [Want] = []
    for ((want, coordinate), (moved, model)) in zip(fresh, models) {
      let key = Key(name: coordinate.name, fileExtension: coordinate.fileExtension, classifier: coordinate.classifier)
      var parent = coordinate.name
      if let moved {
        // It lives under another name: the file is taken from there, unless that is in the set already.
        let newKey = Key(name: moved.name, fileExtension: moved.fileExtension, classifier: moved.classifier)
        let old = nodes.removeValue(forKey: key)
        if nodes[newKey] != nil { continue }
        nodes[newKey] = Node(coordinate: moved, isDirect: old?.isDirect ?? false)
        parent = moved.name
      }
      let chain = want.chain + [(moved ?? coordinate).description]
      for dependency in model.dependencies {
        guard let found = try Self.want(dependency, managed, want, chain, parent) else { continue }
        level.append(found)
      }
    }
    return level
  }

  private static func want(
    _ dependency: MavenModel.Dependency, _ managed: [[String]: Managed], _ want: Want, _ chain: [String],
    _ parent: MavenName
  ) throws(MavenError) -> Want? {
    let rule = managed[dependency.key]
    guard ["compile", "runtime"].contains(rule?.scope ?? dependency.scope), !dependency.isOptional else { return nil }
    let name = "\(dependency.group):\(dependency.artifact)"
    guard let version = rule?.version ?? dependency.version else {
      throw .noVersion(name, in: chain.last ?? "image.yaml", reason: "neither it nor what it inherits states one")
    }
    let (fileExtension, classifier) = file(dependency)
    guard
      let coordinate = MavenCoordinate(
        group: dependency.group, artifact: dependency.artifact, version: version, fileExtension: fileExtension,
        classifier: classifier)
    else { throw .malformed("the POM of \(chain.last ?? "")", reason: "'\(name)' is no name of an artifact") }
    if want.exclusions.contains(where: { $0.matches(coordinate.name) }) { return nil }
    return Want(
      coordinate: coordinate, exclusions: want.exclusions + dependency.exclusions + (rule?.exclusions ?? []),
      chain: chain, parent: parent)
  }

  /// The file that a type stands for (Maven's "Default Artifact Handlers Reference").
  private static func file(_ dependency: MavenModel.Dependency) -> (String, String?) {
    switch dependency.type {
    case "jar", "bundle", "ejb", "maven-plugin": ("jar", dependency.classifier)
    case "test-jar": ("jar", dependency.classifier ?? "tests")
    case "ejb-client": ("jar", dependency.classifier ?? "client")
    default: (dependency.type, dependency.classifier)
    }
  }

  /// The models of artifacts, with the place that each has moved to if it has.
  private func models(
    _ artifacts: [(MavenCoordinate, chain: [String])]
  ) async throws(MavenError) -> [(moved: MavenCoordinate?, model: MavenModel)] {
    let results = await withTaskGroup(of: (Int, Result<(MavenCoordinate?, MavenModel), MavenError>).self) { group in
      for (number, (coordinate, chain)) in artifacts.enumerated() {
        group.addTask { @concurrent in
          do throws(MavenError) { return (number, .success(try await model(coordinate, chain))) } catch {
            return (number, .failure(error))
          }
        }
      }
      var results: [Int: Result<(MavenCoordinate?, MavenModel), MavenError>] = [:]
      for await (number, result) in group { results[number] = result }
      return results
    }
    var models: [(MavenCoordinate?, MavenModel)] = []
    for number in artifacts.indices {
      guard let result = results[number] else { continue }
      models.append(try result.get())
    }
    return models
  }

  private func model(_ start: MavenCoordinate, _ chain: [String]) async throws(MavenError) -> (
    MavenCoordinate?, MavenModel
  ) {
    var coordinate = start
    for _ in 0..<8 {
      let model = try await repositories.model(coordinate, chain: chain)
      guard let place = model.relocation else { return (coordinate == start ? nil : coordinate, model) }
      guard
        let moved = MavenCoordinate(
          group: place.group ?? coordinate.name.group, artifact: place.artifact ?? coordinate.name.artifact,
          version: place.version ?? coordinate.version, fileExtension: coordinate.fileExtension,
          classifier: coordinate.classifier)
      else { throw .malformed("the POM of \(coordinate)", reason: "it has moved to what is no name") }
      coordinate = moved
    }
    throw .tooDeep(start.description)
  }

  /// The versions that the request manages: its own first, then those of the POMs that it imports.
  private func management(_ request: Request) async throws(MavenError) -> [[String]: Managed] {
    var managed: [[String]: Managed] = [:]
    for coordinate in request.managed {
      let key = [
        coordinate.name.group, coordinate.name.artifact, coordinate.fileExtension, coordinate.classifier ?? "",
      ]
      managed[key] = managed[key] ?? Managed(version: coordinate.version, scope: nil, exclusions: [])
    }
    for bom in request.boms {
      for entry in try await repositories.model(bom, chain: []).managed where managed[entry.key] == nil {
        managed[entry.key] = Managed(version: entry.version, scope: nil, exclusions: entry.exclusions)
      }
    }
    return managed
  }
}
