internal import Host
internal import OCI
internal import Packages
internal import Resolution
internal import Synchronization
internal import Versions

/// Resolves the Python part of a specification: the image's packages, what builds them, and what only tests need.
struct PythonPinner: Sendable {
  let spec: Spec
  let previous: Lock.Python?
  let upgrade: ImagePinner.Upgrade
  let index: SimpleIndex
  let store: PythonStore
  let progress: Progress
  let builder: SharedBuilder

  /// What source distributions of one resolution were built with, gathered while it runs.
  private final class BuildSet: Sendable {
    private let packages = Mutex<[PackageName: Lock.PythonPackage]>([:])

    func add(_ more: [Lock.PythonPackage]) throws {
      try packages.withLock { packages in
        for package in more {
          if let present = packages.updateValue(package, forKey: package.name), present.version != package.version {
            throw PinningError.buildConflict(package.name, present.version, package.version)
          }
        }
      }
    }

    var sorted: [Lock.PythonPackage] { packages.withLock { $0.values.sorted { $0.name < $1.name } } }
  }

  func pin() async throws -> (Lock.Python?, kept: [GlueRelease.Package]) {
    guard let python = spec.python else { return (nil, []) }
    let platform = PythonPlatform(python: python.version, glibc: python.glibc, machine: try machine())
    let documented = documentedPackages
    let builds = BuildSet()
    let resolution = try await progress.during("resolve Python packages") {
      try await resolver(python, platform, builds, documented: documented).resolve(
        PythonRequest(
          requirements: python.asked + documented.map { Requirement(name: $0.name) },
          constraints: python.constraints, platform: platform,
          preferences: preferences(previous?.packages ?? [], documented)))
    }
    let direct = Set(python.asked.map(\.name))
    let kept = documented.filter { resolution[$0.name]?.version == $0.version }
    let installed = Self.installed(resolution, direct: direct, kept: Set(kept.map(\.name)))
    var packages = try await locked(installed, direct: direct)
    let installer = documented.isEmpty ? try await resolve([installerRequirement], platform, held: \.build) : []
    try builds.add(installer)
    let build = builds.sorted
    for (number, package) in packages.enumerated() where package.isSource {
      guard let builder = try await builder.value() else {
        throw SourceBuildError.noInterpreter(package.name, package.version)
      }
      packages[number] = package.built(try await builder.build(package, with: build.withoutInstaller).wheel)
    }
    let test = try await resolve(python.testRequirements, platform, held: \.test)
    return (
      Lock.Python(version: python.version, glibc: python.glibc, packages: packages, build: build, test: test), kept
    )
  }

  /// The packages that have to be installed: what is asked for, and what that needs, up to what the base keeps.
  ///
  /// What only kept packages need is in the base already, though no list documents it.
  private static func installed(
    _ resolution: PythonResolution, direct: Set<PackageName>, kept: Set<PackageName>
  ) -> [PythonResolution.Package] {
    var wanted: Set<PackageName> = []
    var waiting = Array(direct)
    while let name = waiting.popLast() {
      guard !kept.contains(name), wanted.insert(name).inserted else { continue }
      waiting += resolution[name]?.dependencies ?? []
    }
    return resolution.packages.filter { wanted.contains($0.name) }
  }

  /// pip itself, with which the generated Dockerfile installs in an image that has none.
  private var installerRequirement: Requirement {
    get throws { Requirement(name: try PackageName(parsing: Lock.Python.installer)) }
  }

  private var documentedPackages: [GlueRelease.Package] {
    guard case .image(let image) = spec.base else { return [] }
    return image.glue?.packages ?? []
  }

  private func machine() throws -> String {
    switch spec.platform.architecture {
    case "amd64": "x86_64"
    case "arm64": "aarch64"
    default: throw PinningError.architecture(spec.platform)
    }
  }

  /// What is kept where the requirements allow it: the lock until now, else what the base holds.
  private func preferences(
    _ locked: [Lock.PythonPackage], _ documented: [GlueRelease.Package]
  ) -> [PackageName: PEP440Version] {
    var preferences = Dictionary(documented.map { ($0.name, $0.version) }) { $1 }
    for package in locked where upgrade.holds(package.name.description) { preferences[package.name] = package.version }
    return preferences
  }

  /// Resolves a list of its own, from wheels alone.
  private func resolve(
    _ requirements: [Requirement], _ platform: PythonPlatform, held: KeyPath<Lock.Python, [Lock.PythonPackage]>
  ) async throws -> [Lock.PythonPackage] {
    if requirements.isEmpty { return [] }
    let resolver = PythonResolver(index: index) { file, _ in throw SourceBuildError.passOver(file) }
    let resolution = try await resolver.resolve(
      PythonRequest(
        requirements: requirements, platform: platform,
        preferences: preferences(previous?[keyPath: held] ?? [], [])))
    return try await locked(resolution.packages, direct: Set(requirements.map(\.name)))
  }

  private func locked(
    _ packages: [PythonResolution.Package], direct: Set<PackageName>
  ) async throws -> [Lock.PythonPackage] {
    var locked: [Lock.PythonPackage] = []
    for package in packages {
      locked.append(
        Lock.PythonPackage(
          name: package.name, version: package.version, isDirect: direct.contains(package.name),
          dependencies: package.dependencies, file: try await store.locked(package.chosen, progress: progress),
          builtWheel: nil))
    }
    return locked.sorted { $0.name < $1.name }
  }

  private func resolver(
    _ python: Spec.Python, _ platform: PythonPlatform, _ builds: BuildSet, documented: [GlueRelease.Package]
  ) -> PythonResolver {
    PythonResolver(index: index) { [self] file, name in
      if documented.contains(where: { $0.name == name && $0.version == file.version }) {
        return try await metadataOfAnyWheel(name, file.version)
      }
      guard let builder = try await builder.value() else { throw SourceBuildError.passOver(file) }
      let package = Lock.PythonPackage(
        name: name, version: file.version, isDirect: false, dependencies: [],
        file: try await store.locked(file, progress: progress), builtWheel: nil)
      let needed = try await builder.dependencies(of: package) { requirements in
        try await resolve(requirements, platform, held: \.build)
      }
      try builds.add(needed)
      let built = try await builder.build(package, with: builds.sorted.withoutInstaller)
      return try await WheelMetadata.read(built.path, project: name)
    }
  }

  /// What a package that the base has installed needs, though no wheel of it would fit: every wheel of a version says the same.
  private func metadataOfAnyWheel(_ name: PackageName, _ version: PEP440Version) async throws -> PythonMetadata {
    let files = try await index.files(of: name)
    guard let wheel = files.first(where: { $0.version == version && !$0.isSourceDistribution }) else {
      throw SourceBuildError.noInterpreter(name, version)
    }
    return try await index.metadata(of: wheel, project: name)
  }
}

extension Lock.PythonPackage {
  /// Whether the locked file is a source distribution.
  var isSource: Bool { !file.name.hasSuffix(".whl") }
}

extension [Lock.PythonPackage] {
  /// The packages without pip, which is there for the Dockerfile and takes no part in a build.
  var withoutInstaller: [Lock.PythonPackage] { filter { $0.name.description != Lock.Python.installer } }
}
