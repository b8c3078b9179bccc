import Host
import Packages
import Resolution
import Versions

/// Is everything that files of requirements say: what is asked for, what limits it, and where it comes from.
struct RequirementList {
  /// What is asked for.
  var requirements: [Requirement] = []
  /// What limits the choice.
  var constraints: [Requirement] = []
  /// What stands in for other requirements on the same projects.
  var overrides: [Requirement] = []
  /// The sha256 digests that lines name, by project.
  var digests: [PackageName: Set<String>] = [:]
  /// Where packages come from, as far as the files say it.
  var sources = PythonSources()
  /// The versions of Python that a project supports.
  var requiresPython: PEP440SpecifierSet?
  /// The project that the requirements are those of.
  var project: PackageName?

  /// Adds what another list says.
  mutating func add(_ other: RequirementList) {
    requirements += other.requirements
    constraints += other.constraints
    overrides += other.overrides
    digests.merge(other.digests) { $0.union($1) }
    sources.add(other.sources)
  }
}

extension RequirementList {
  /// Reads a `requirements.in`, a `requirements.txt` or a `pyproject.toml`.
  ///
  /// - Parameters:
  ///   - extras: The optional dependencies of a `pyproject.toml` that are wanted.
  ///   - groups: Its dependency groups that are wanted.
  init(path: String, extras: ProjectExtras = .only([]), groups: [PackageName] = []) throws {
    if path.hasSuffix(".toml") {
      self = try ProjectFile(path: path).list(extras: extras, groups: groups)
      return
    }
    guard extras == .only([]), groups.isEmpty else {
      throw Failure(.badInput, "\(path) has no extras and groups", hint: "--extra and --group are for a pyproject.toml")
    }
    var reader = RequirementListReader(environment: Environment.all)
    try reader.read(path, as: .requirements)
    self = reader.list
  }

  /// Reads a file of constraints or overrides.
  init(path: String, as role: RequirementListReader.Role) throws {
    var reader = RequirementListReader(environment: Environment.all)
    try reader.read(path, as: role)
    self = reader.list
  }
}
