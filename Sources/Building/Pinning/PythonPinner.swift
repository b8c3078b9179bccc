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
  /// The pins of the image's first platform, if this is another.
  let sibling: Lock.Python?
  let upgrade: ImagePinner.Upgrade
  let limits: PinLimits
  /// What the base image's packages say about themselves, if its files could be read.
  let present: [PythonMetadata]?
  /// What an earlier lock found in the same base, for when its files can't be read now.
  let keptBefore: [GlueRelease.Package]
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

  /// The pins, and what becomes of the base's own packages.
  struct Outcome {
    let lock: Lock.Python
    let kept: [GlueRelease.Package]
    /// Where the base's packages are documented, if they were not read from its files.
    let documentation: String?
    var moves: [PythonInstallation.Move] = []
    var breaks: [PythonInstallation.Problem] = []
  }

  func pin() async throws -> Outcome? {
    guard let python = spec.python else { return nil }
    let platform = PythonPlatform(python: python.version, glibc: python.glibc, machine: try machine())
    let documented = documentedPackages
    let builds = BuildSet()
    let addresses = try await DirectFiles.find(
      for: python.requirements + python.constraints + python.overrides, store: store, progress: progress)
    var request = PythonRequest(
      requirements: python.asked + documented.map { Requirement(name: $0.name) },
      constraints: python.constraints + limits.constraints, overrides: python.overrides, target: .platform(platform))
    let moving = Set(python.asked.map(\.name).filter { !limits.keepsBase && !upgrade.holds($0.description) })
    request.preferences = preferences(\.packages, documented.filter { !moving.contains($0.name) })
    request.direct = addresses
    request.installed = Dictionary(
      (present ?? []).filter { !moving.contains($0.name) }.map { ($0.name, .init($0)) }
    ) { first, _ in first }
    request.excludeNewer = limits.notAfter.map(Clock.rfc3339) ?? python.excludeNewer
    request.preReleases = python.preReleases
    let resolver = resolver(python, platform, builds, documented: documented)
    let resolution = try await progress.during("resolve Python packages") { [request] in
      do { return try await resolver.resolve(request) } catch let error as PythonResolutionError {
        // What is asked for comes first: where the base's packages can't all stay whole, the outcome says which break.
        guard present != nil else { throw error }
        var request = request
        request.requirements = python.asked
        return try await resolver.resolve(request)
      }
    }
    let direct = Set(python.asked.map(\.name))
    // What nobody asked about stays as it is.
    let kept = documented.filter { (resolution[$0.name]?.version ?? $0.version) == $0.version }
    let installed = Self.installed(resolution, direct: direct, kept: Set(kept.map(\.name)))
    var packages = try await locked(installed, direct: direct, addresses: addresses)
    let installer =
      documented.isEmpty ? try await resolve([installerRequirement], platform, held: \.build, sourceMetadata: nil) : []
    try builds.add(installer)
    let build = builds.sorted
    for (number, package) in packages.enumerated() where package.isSource {
      guard let builder = try await builder.value() else {
        throw SourceBuildError.noInterpreter(package.name, package.version)
      }
      packages[number] = package.built(try await builder.build(package, with: build.withoutInstaller).wheel)
    }
    let test = try await resolve(python.testRequirements, platform, held: \.test, sourceMetadata: nil)
    var outcome = Outcome(
      lock: Lock.Python(version: python.version, glibc: python.glibc, packages: packages, build: build, test: test),
      kept: kept, documentation: documentation)
    if let present {
      let installation = PythonInstallation(
        present, environment: MarkerEnvironment(linuxCPython: python.version, machine: try machine()))
      let versions = Dictionary(packages.map { ($0.name, $0.version) }) { first, _ in first }
      outcome.moves = installation.moves(to: versions)
      outcome.breaks = installation.breaks(with: versions)
    }
    return outcome
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

  /// What the base holds: as its files say, else as they said before, else as its documentation does.
  private var documentedPackages: [GlueRelease.Package] {
    if let present { return present.map { GlueRelease.Package(name: $0.name, version: $0.version) } }
    guard keptBefore.isEmpty, case .image(let image) = spec.base else { return keptBefore }
    return image.glue?.packages ?? []
  }

  private var documentation: String? {
    guard present == nil, keptBefore.isEmpty, case .image(let image) = spec.base else { return nil }
    return image.glue?.source
  }

  private func machine() throws -> String {
    guard let machine = spec.platform.pythonMachine else { throw PinningError.architecture(spec.platform) }
    return machine
  }

  /// What is kept where the requirements allow it: the lock until now, else what the first platform has or the base holds.
  private func preferences(
    _ list: KeyPath<Lock.Python, [Lock.PythonPackage]>, _ documented: [GlueRelease.Package]
  ) -> [PackageName: PEP440Version] {
    var preferences = Dictionary(documented.map { ($0.name, $0.version) }) { $1 }
    for package in sibling?[keyPath: list] ?? [] { preferences[package.name] = package.version }
    for package in previous?[keyPath: list] ?? [] where upgrade.holds(package.name.description) {
      preferences[package.name] = package.version
    }
    return preferences
  }

  /// Resolves a list of its own; without a way to the metadata of sources, from wheels alone.
  private func resolve(
    _ requirements: [Requirement], _ platform: PythonPlatform, held: KeyPath<Lock.Python, [Lock.PythonPackage]>,
    sourceMetadata: PythonRequest.SourceMetadata?
  ) async throws -> [Lock.PythonPackage] {
    if requirements.isEmpty { return [] }
    let resolver = PythonResolver(
      index: index, sourceMetadata: sourceMetadata ?? { file, _ in throw SourceBuildError.passOver(file) })
    let resolution = try await resolver.resolve(
      PythonRequest(
        requirements: requirements, platform: platform,
        preferences: preferences(held, [])))
    return try await locked(resolution.packages, direct: Set(requirements.map(\.name)))
  }

  private func locked(
    _ packages: [PythonResolution.Package], direct: Set<PackageName>, addresses: [PackageName: PythonFile] = [:]
  ) async throws -> [Lock.PythonPackage] {
    var locked: [Lock.PythonPackage] = []
    for package in packages {
      guard let chosen = package.chosen else { continue }
      locked.append(
        Lock.PythonPackage(
          name: package.name, version: package.version, isDirect: direct.contains(package.name),
          dependencies: package.dependencies, file: try await store.locked(chosen, progress: progress),
          builtWheel: nil, address: addresses[package.name]?.url))
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
      return try await metadata(ofSource: file, name, platform, builds, open: [])
    }
  }

  /// Builds a source to learn what it needs.
  ///
  /// - Parameter open: The sources that wait for this one, because they are built with it.
  private func metadata(
    ofSource file: PythonFile, _ name: PackageName, _ platform: PythonPlatform, _ builds: BuildSet,
    open: [PackageName]
  ) async throws -> PythonMetadata {
    guard let builder = try await builder.value() else { throw SourceBuildError.passOver(file) }
    let package = Lock.PythonPackage(
      name: name, version: file.version, isDirect: false, dependencies: [],
      file: try await store.locked(file, progress: progress), builtWheel: nil)
    let needed = try await buildDependencies(of: package, builder, platform, builds, open: open)
    try builds.add(needed)
    // Among the build dependencies each source has its own; the image's packages share them all.
    let built = try await builder.build(package, with: open.isEmpty ? builds.sorted.withoutInstaller : needed)
    return try await WheelMetadata.read(built.path, project: name)
  }

  /// What a source is built with; sources among that are built as well, from what they need in turn.
  private func buildDependencies(
    of package: Lock.PythonPackage, _ builder: SourceBuilder, _ platform: PythonPlatform, _ builds: BuildSet,
    open: [PackageName]
  ) async throws -> [Lock.PythonPackage] {
    guard !open.contains(package.name), open.count < 16 else {
      throw PythonIndexError.unusableMetadata(
        fileName: package.file.name,
        reason: "it can't be built without itself: "
          + (open + [package.name]).map(\.description).joined(separator: " needs "))
    }
    let open = open + [package.name]
    return try await builder.dependencies(of: package) { requirements in
      var packages = try await resolve(requirements, platform, held: \.build) { file, name in
        try await metadata(ofSource: file, name, platform, builds, open: open)
      }
      for (number, source) in packages.enumerated() where source.isSource {
        let needed = try await buildDependencies(of: source, builder, platform, builds, open: open)
        let built = try await builder.build(source, with: needed)
        packages[number] = source.built(built.wheel, with: needed.map(\.name))
        for dependency in needed where !packages.contains(where: { $0.name == dependency.name }) {
          packages.append(dependency)
        }
      }
      return packages.sorted { $0.name < $1.name }
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
