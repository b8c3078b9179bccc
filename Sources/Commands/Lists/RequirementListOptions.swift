import ArgumentParser
import Host
import OCI
import Packages
import Resolution
import Versions

/// Options of `drydock pin` for a bare list of requirements or a `pyproject.toml`; names and meanings are uv's.
struct RequirementListOptions: ParsableArguments {
  @Option(
    name: [.long, .customLong("python-version")],
    help: ArgumentHelp(
      "For a list or a Dockerfile: the version of Python, for example 3.10.", valueName: "version"))
  var python: String?

  @Option(
    help: ArgumentHelp(
      "For a list or a Dockerfile: the platform, by default linux/amd64; with several, markers tell them apart.",
      valueName: "platform")
  )
  var platform: [String] = []

  @Option(help: ArgumentHelp("For a list: the C library's version that wheels must fit.", valueName: "version"))
  var glibc = "2.28"

  @Flag(help: "For a list: one outcome for every platform and every Python from --python on, told apart by markers.")
  var universal = false

  @Option(
    name: [.customShort("c"), .long],
    help: ArgumentHelp("For a list: a file of limits on versions; several may be given.", valueName: "file"))
  var constraint: [String] = []

  @Option(
    help: ArgumentHelp(
      "For a list: a file of requirements that stand in for all others on the same projects.", valueName: "file"))
  var override: [String] = []

  @Option(help: ArgumentHelp("For a pyproject.toml: an extra that is wanted too.", valueName: "name"))
  var extra: [String] = []

  @Flag(help: "For a pyproject.toml: all extras are wanted too.")
  var allExtras = false

  @Option(help: ArgumentHelp("For a pyproject.toml: a dependency group that is wanted too.", valueName: "name"))
  var group: [String] = []

  @Option(
    help: ArgumentHelp(
      "For a list: leave out files uploaded after this day or time, for example 2024-05-01.", valueName: "time"))
  var excludeNewer: String?

  @Option(help: "For a list: when versions before a final release may be chosen.")
  var prerelease: PythonRequest.PreReleases?

  @Flag(help: "For a list: the same as --prerelease allow.")
  var pre = false

  @Option(help: "For a list: which versions are tried first.")
  var resolution: PythonRequest.Strategy = .highest

  @Option(help: ArgumentHelp("For a list: do not use wheels of this project, or :all:.", valueName: "name"))
  var noBinary: [String] = []

  @Option(help: ArgumentHelp("For a list: do not build this project, or :all:.", valueName: "name"))
  var onlyBinary: [String] = []

  @Flag(help: "For a list: build nothing; the same as --only-binary :all:.")
  var noBuild = false

  @Option(
    name: [.customShort("o"), .customLong("output-file")],
    help: ArgumentHelp(
      "For a list: write it here, not to standard output; a pylock.toml is written in the form of PEP 751.",
      valueName: "file"))
  var outputFile: String?

  /// Everything that the files and options ask for.
  func list(_ path: String) throws -> RequirementList {
    var list = try RequirementList(
      path: path, extras: allExtras ? .all : .only(try extra.map { try Self.name($0, of: "--extra") }),
      groups: try group.map { try Self.name($0, of: "--group") })
    for path in constraint { list.add(try RequirementList(path: path, as: .constraints)) }
    for path in override { list.add(try RequirementList(path: path, as: .overrides)) }
    for text in noBinary { try list.sources.noWheels.add(text, "--no-binary") }
    for text in onlyBinary { try list.sources.noBuilds.add(text, "--only-binary") }
    if noBuild { try list.sources.noBuilds.add(":all:", "--no-build") }
    return list
  }

  /// The request without its target.
  func request(_ list: RequirementList, target: PythonTarget) throws -> PythonRequest {
    var request = PythonRequest(
      requirements: list.requirements, constraints: list.constraints, overrides: list.overrides, target: target)
    request.allowedDigests = list.digests
    request.excludeNewer = try excludeNewer.map { try Self.time($0) }
    request.preReleases = prerelease ?? (pre || list.sources.allowsPreReleases ? .allow : .ifNecessaryOrExplicit)
    request.strategy = resolution
    request.noWheels = list.sources.noWheels.selection
    request.noBuilds = list.sources.noBuilds.selection
    return request
  }

  /// The version of Python that is asked for, or the oldest that a project supports.
  func oldestPython(_ list: RequirementList) throws -> PEP440Version {
    if let python { return try Self.version(python, of: "--python") }
    if let oldest = list.requiresPython?.ranges.intervals.first?.lower?.version { return oldest }
    throw Failure(
      .badInput, "a list is pinned for one version of Python", hint: "add --python, for example --python 3.10")
  }

  /// The platforms as they are given, by default the commonest.
  func platforms() throws -> [Platform] {
    try platform.isEmpty
      ? [.linuxAMD64]
      : platform.map { name in
        try Failure.argument("--platform") { () throws(Platform.ParseError) in try Platform(parsing: name) }
      }
  }

  /// The platforms that wheels are chosen for.
  ///
  /// - Parameter glibc: The C library's version, where something else than the option says it.
  func platforms(python: PEP440Version, glibc: PEP440Version?) throws -> [PythonPlatform] {
    let glibc = try glibc ?? Self.version(self.glibc, of: "--glibc")
    return try platforms().map { platform in
      guard platform.os == "linux", let machine = platform.pythonMachine else {
        throw Failure(
          .badInput, "no wheels can be chosen for \(platform)", hint: "known are linux/amd64 and linux/arm64")
      }
      return PythonPlatform(python: python, glibc: glibc, machine: machine)
    }
  }

  private static func time(_ text: String) throws -> String {
    if let limit = PythonRequest.uploadLimit(text) { return limit }
    throw Failure(
      .badInput, "--exclude-newer: '\(text)' is no day or time", hint: "write 2024-05-01 or 2024-05-01T12:00:00Z")
  }

  private static func name(_ text: String, of option: String) throws -> PackageName {
    try Failure.argument(option) { () throws(VersionNotationError) in try PackageName(parsing: text) }
  }

  private static func version(_ text: String, of option: String) throws -> PEP440Version {
    try Failure.argument(option) { () throws(VersionNotationError) in try PEP440Version(parsing: text) }
  }
}
