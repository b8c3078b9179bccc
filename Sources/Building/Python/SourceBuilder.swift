internal import Host
internal import JSON
internal import Layers
internal import OCI
internal import Packages
public import Resolution
internal import Sandbox
internal import Trust
public import Versions

/// Builds wheels of source distributions in the sandbox, without a network, from locked build dependencies.
///
/// The same source, backend and root give the same bytes: the umask, the clock that archives see, the hash seed and the
/// place of the source are fixed.
public struct SourceBuilder: Sendable {
  /// What an interpreter is needed for.
  static let work = "source distributions are built"

  /// The version of the way wheels are built, part of each result's key.
  private static let format = "1"

  /// Finds the packages that a build needs: the requirements of `[build-system]` and of the backend's hook.
  public typealias BuildResolver = @Sendable ([Requirement]) async throws -> [Lock.PythonPackage]

  /// A wheel that was built, and with what.
  public struct Built: Sendable {
    /// The wheel.
    public let wheel: Lock.File
    /// Where it lies.
    public let path: String
    /// What it was built with.
    public let dependencies: [Lock.PythonPackage]
  }

  private let root: BuildRoot
  private let interpreter: String
  private let cache: BuildCache
  private let store: PythonStore
  private let progress: Progress

  /// Builds with the interpreter of a root.
  init(root: BuildRoot, interpreter: String, cache: BuildCache, store: PythonStore, progress: Progress) {
    self.root = root
    self.interpreter = interpreter
    self.cache = cache
    self.store = store
    self.progress = progress
  }

  /// Builds a wheel from known build dependencies, or finds the one that was built before.
  public func build(
    _ package: Lock.PythonPackage, with dependencies: [Lock.PythonPackage]
  ) async throws -> Built {
    let directory = try await cache.directory(.built, key: key(package, dependencies, "build")) { directory in
      try await progress.during("build \(package.name) \(package.version)") {
        let source = try await store.fetch(package, progress: progress)
        let system = try await system(of: package)
        try await inSandbox(package, source: source, dependencies: dependencies) { sandbox in
          _ = try await sandbox.run("build", system, output: directory)
        }
      }
    }
    let wheels = try Files.list(directory)
    guard wheels.count == 1, let name = try? WheelName(parsing: wheels[0]), name.project == package.name,
      name.version == package.version
    else {
      try Files.remove(directory)
      throw SourceBuildError.unexpected(package.name, package.version, found: wheels.joined(separator: ", "))
    }
    let path = "\(directory)/\(wheels[0])"
    let (digest, size) = try await BlockingPool.run { () throws(SystemError) in try SHA256.digest(ofFile: path) }
    return Built(
      wheel: Lock.File(name: wheels[0], size: size, digest: digest), path: path, dependencies: dependencies)
  }

  /// Finds what a source distribution is built with, by asking first its `pyproject.toml` and then its backend.
  public func dependencies(
    of package: Lock.PythonPackage, resolve: BuildResolver
  ) async throws -> [Lock.PythonPackage] {
    let stated = try await system(of: package).requires
    let first = try await resolve(stated)
    let asked = try await answer("dynamic", package, with: first)
    return asked.isEmpty ? first : try await resolve(stated + asked)
  }

  /// The requirements that one question to the build script brings, asked once for each source: large ones take long to unpack.
  private func answer(
    _ action: String, _ package: Lock.PythonPackage, with dependencies: [Lock.PythonPackage]
  ) async throws -> [Requirement] {
    let path = try await cache.file(.built, key: key(package, dependencies, action) + ".json") { path in
      let source = try await store.fetch(package, progress: progress)
      let system = try await system(of: package)
      let answer = try await inSandbox(package, source: source, dependencies: dependencies) { sandbox in
        try await sandbox.run(action, system)
      }
      try Files.write(answer.canonicalText, to: path)
    }
    return try Self.requirements(try JSONValue(parsing: try Files.read(path)), package)
  }

  /// Everything that the outcome of a step depends on.
  private func key(
    _ package: Lock.PythonPackage, _ dependencies: [Lock.PythonPackage], _ action: String
  ) -> String {
    BuildCache.key(
      [Self.format, action, root.key, interpreter, package.file.digest.hex, BuildScript.text]
        + dependencies.map(\.wheel.digest.hex))
  }

  private static func requirements(_ answer: JSONValue, _ package: Lock.PythonPackage) throws -> [Requirement] {
    guard let texts = answer.strings else {
      throw SourceBuildError.unexpected(package.name, package.version, found: answer.text())
    }
    return try texts.map { try Requirement(parsing: $0) }
  }

  /// How a source says that it is built.
  private func system(of package: Lock.PythonPackage) async throws -> BuildSystem {
    let source = try await store.fetch(package, progress: progress)
    let members = try await SourceArchive.members(["pyproject.toml"], of: source, limit: 16 << 20)
    do throws(BuildSystem.Fault) {
      return try BuildSystem(project: members["pyproject.toml"].map { String(decoding: $0, as: UTF8.self) })
    } catch {
      throw SourceBuildError.failed(package.name, package.version, step: "pyproject.toml", output: error.description)
    }
  }

  /// The wheel of a build dependency, which may have to be built itself, from others of them.
  private func wheel(of package: Lock.PythonPackage, among all: [Lock.PythonPackage]) async throws -> String {
    guard package.isSource else { return try await store.fetch(package, progress: progress) }
    let needed = Set(package.buildRequires)
    let built = try await build(package, with: all.filter { needed.contains($0.name) && $0.name != package.name })
    if let expected = package.builtWheel, built.wheel.digest != expected.digest {
      throw BuildError.builtWheel(expected.name, locked: expected.digest.hex, found: built.wheel.digest.hex)
    }
    return built.path
  }

  private func inSandbox<Value>(
    _ package: Lock.PythonPackage, source archive: String, dependencies: [Lock.PythonPackage],
    _ body: (BuildSandbox) async throws -> Value
  ) async throws -> Value {
    let workspace = try cache.workspace()
    let unpacked = workspace.path + "/source"
    try Files.createDirectory(unpacked)
    try await SourceArchive.unpack(archive, into: unpacked)
    let folders = try Files.list(unpacked)
    guard folders.count == 1, let folder = folders.first else {
      throw SourceBuildError.unexpected(package.name, package.version, found: "\(folders.count) folders in its archive")
    }
    var paths: [String] = []
    for dependency in dependencies { paths.append(try await wheel(of: dependency, among: dependencies)) }
    let site = try await TestSite.directory(of: dependencies, wheels: paths, cache: cache)
    return try await body(
      BuildSandbox(
        root: try await root.directory.value(), interpreter: interpreter, source: "\(unpacked)/\(folder)", site: site,
        workspace: workspace,
        package: package))
  }
}

/// One unpacked source distribution and the sandbox that its backend runs in.
private struct BuildSandbox {
  let root: String
  let interpreter: String
  let source: String
  let site: String
  let workspace: TemporaryDirectory
  let package: Lock.PythonPackage

  /// Times in a wheel can't be before 1980 (a limit of zip); a fixed one later than that is as good as any.
  static let epoch = "315619200"

  /// Runs one action of the build script and reads its answer.
  func run(_ action: String, _ system: BuildSystem, output: String? = nil) async throws -> JSONValue {
    let result = output ?? workspace.path + "/output"
    try Files.createDirectory(result)
    let changes = workspace.path + "/changes"
    try Files.createDirectory(changes)
    var command = SandboxCommand(
      [interpreter, BuildScript.Place.script, action, BuildScript.Place.output, system.backend] + system.paths,
      environment: SandboxCommand.plainEnvironment.merging([
        "PYTHONPATH": BuildScript.Place.site, "SOURCE_DATE_EPOCH": Self.epoch, "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1", "TZ": "UTC",
      ]) { $1 })
    command.directory = BuildScript.Place.source
    command.timeout = .seconds(1800)
    var plan = SandboxPlan(root: .overlay(lower: [root], changes: .directory(changes)), command: command)
    plan.hostname = "build"
    plan.mounts = [
      SandboxPlan.Mount(BuildScript.Place.source, .bind(source, writable: true)),
      SandboxPlan.Mount(BuildScript.Place.site, .bind(site)),
      SandboxPlan.Mount(BuildScript.Place.output, .bind(result, writable: true)),
      SandboxPlan.Mount(BuildScript.Place.script, .file(BuildScript.text)),
      SandboxPlan.Mount("/tmp", .memory(mode: 0o1777)),
    ]
    let end = try await Sandbox.run(plan)
    let last = end.text.split(separator: "\n").last.map(String.init) ?? ""
    guard end.status.isSuccess, let answer = try? JSONValue(parsing: last) else {
      let output = (end.text + end.errorText).split(separator: "\n").suffix(30).joined(separator: "\n")
      throw SourceBuildError.failed(
        package.name, package.version, step: "the backend's \(action) step \(end.status)", output: output)
    }
    return answer
  }
}
