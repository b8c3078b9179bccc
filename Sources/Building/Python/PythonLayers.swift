internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Resolution

/// The layers of Python packages: each heavy wheel alone, so that a new version of a light one moves little; the light ones together.
struct PythonLayers: Sendable {
  /// From this size in bytes a wheel has a layer of its own.
  private static let heavy = 100 << 20
  private static let format = "1"

  let python: Lock.Python
  let spec: Spec.Python
  let root: String
  let epoch: Int
  let store: PythonStore
  let cache: BuildCache
  let layers: LayerCache
  let content: ContentStore
  let progress: Progress

  /// One package and its wheel on this machine.
  private struct Wheel: Sendable {
    let package: Lock.PythonPackage
    let size: Int
    let path: @Sendable () async throws -> String
  }

  func layers() async throws -> [(name: String, WrittenLayer)] {
    let builder = SourceBuilder(
      root: root, interpreter: spec.interpreter, cache: cache, store: store, progress: progress)
    let wheels = python.packages.map { package in
      Wheel(package: package, size: package.wheel.size ?? 0) {
        guard let expected = package.builtWheel else { return try await store.fetch(package, progress: progress) }
        let built = try await builder.build(package, with: python.build.withoutInstaller)
        guard built.wheel.digest == expected.digest else {
          throw BuildError.builtWheel(
            expected.name, locked: expected.digest.hex, found: built.wheel.digest.hex)
        }
        return built.path
      }
    }
    let groups = wheels.filter { $0.size >= Self.heavy }.map { [$0] } + [wheels.filter { $0.size < Self.heavy }]
    var made: [(name: String, WrittenLayer)] = []
    for group in groups where !group.isEmpty {
      let name =
        group.count == 1
        ? "\(group[0].package.name) \(group[0].package.version)" : "\(group.count) Python packages"
      made.append((name, try await layer(group, name: name)))
    }
    return made
  }

  private func layer(_ wheels: [Wheel], name: String) async throws -> WrittenLayer {
    let key =
      ["python", Self.format, Path.name(root), spec.interpreter, spec.site]
      + wheels.flatMap { [$0.package.wheel.digest.hex, $0.package.isDirect ? "direct" : ""] }
    return try await layers.layer(key: key) {
      let paths = try await paths(of: wheels)
      let scheme = PythonScheme(site: spec.site, interpreter: spec.interpreter)
      let (installed, separate) = try await BlockingPool.run {
        let installer = WheelInstaller(scheme: scheme)
        let installed = try zip(wheels, paths).map { wheel, path in
          try installer.install(path, fileName: wheel.package.wheel.name, requested: wheel.package.isDirect)
        }
        return (installed, try installed.map { try LayerTree(installing: [$0], scheme: scheme, modified: epoch) })
      }
      let compiler = BytecodeCompiler(
        root: root, interpreter: spec.interpreter, site: spec.site, cache: cache, progress: progress)
      let compiled = try await compiler.compile(
        zip(wheels, separate).map { .init(digest: $0.package.wheel.digest.hex, tree: $1) }, modified: epoch)
      return try await progress.during("write the layer of \(name)") {
        var bytecode = LayerTree()
        for (part, wheel) in zip(compiled, separate) {
          // A few wheels bring compiled modules of their own, which their RECORD vouches for.
          var part = part
          part.removeAll { $0.entry.kind == .file && wheel[$0.entry.path] != nil }
          try bytecode.merge(part)
        }
        let tree = try LayerTree(installing: installed, scheme: scheme, bytecode: bytecode, modified: epoch)
        return try await content.add(tree, epoch: epoch)
      }
    }
  }

  /// Brings all wheels here at once, built ones too.
  private func paths(of wheels: [Wheel]) async throws -> [String] {
    try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for (number, wheel) in wheels.enumerated() { group.addTask { (number, try await wheel.path()) } }
      var paths = [String](repeating: "", count: wheels.count)
      for try await (number, path) in group { paths[number] = path }
      return paths
    }
  }
}
