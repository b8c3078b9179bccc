internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Resolution

/// The layers of Python packages: each heavy wheel alone, so that a new version of a light one moves little; the light ones together.
struct PythonLayers: Sendable {
  /// From this size in bytes a wheel has a layer of its own.
  private static let heavy = 100 << 20
  private static let format = "2"

  let spec: Spec.Python
  let root: String
  let epoch: Int
  let wheels: LockedWheels
  let cache: BuildCache
  let layers: LayerCache
  let content: ContentStore
  let progress: Progress

  func layers() async throws -> [(name: String, WrittenLayer)] {
    let isHeavy: (Lock.PythonPackage) -> Bool = { $0.wheel.size ?? 0 >= Self.heavy }
    let packages = wheels.python.packages
    let groups = packages.filter(isHeavy).map { [$0] } + [packages.filter { !isHeavy($0) }]
    var made: [(name: String, WrittenLayer)] = []
    for group in groups where !group.isEmpty {
      let name =
        group.count == 1 ? "\(group[0].name) \(group[0].version)" : "\(group.count) Python packages"
      made.append((name, try await layer(group, name: name)))
    }
    return made
  }

  private func layer(_ packages: [Lock.PythonPackage], name: String) async throws -> WrittenLayer {
    let key =
      ["python", Self.format, Path.name(root), spec.interpreter, spec.site]
      + packages.flatMap { [$0.wheel.digest.hex, $0.isDirect ? "direct" : ""] }
    return try await layers.layer(key: key) {
      let paths = try await wheels.paths(of: packages)
      let scheme = PythonScheme(site: spec.site, interpreter: spec.interpreter)
      let (installed, separate) = try await BlockingPool.run {
        let installer = WheelInstaller(scheme: scheme)
        let installed = try zip(packages, paths).map { package, path in
          try installer.install(path, fileName: package.wheel.name, requested: package.isDirect)
        }
        return (installed, try installed.map { try LayerTree(installing: [$0], scheme: scheme, modified: epoch) })
      }
      let compiler = BytecodeCompiler(
        root: root, interpreter: spec.interpreter, site: spec.site, cache: cache, progress: progress)
      let compiled = try await compiler.compile(
        zip(packages, separate).map { .init(digest: $0.wheel.digest.hex, tree: $1) }, modified: epoch)
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
}
