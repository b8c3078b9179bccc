internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Resolution

/// The layers of Python packages, written straight from their wheels.
struct PythonLayers: Sendable {
  private static let format = "4"

  /// What the image's own programs are needed for.
  static let work = "Python packages are compiled"

  let spec: Spec.Python
  let platform: Platform
  let foundation: Foundation
  let interpreter: Shared<ImageInterpreter>
  let epoch: Int
  let wheels: LockedWheels
  let cache: BuildCache
  let layers: LayerCache
  let content: ContentStore
  let progress: Progress

  func layers() async throws -> [NamedLayer] {
    let packages = wheels.python.packages
    return try await layers.layers(key: key + Self.key(of: packages)) { try await write(LayerPlan(packages)) }
  }

  private var key: [String] { ["python", Self.format, foundation.key, spec.interpreter, spec.site, String(epoch)] }

  private static func key(of packages: [Lock.PythonPackage]) -> [String] {
    packages.flatMap { [$0.wheel.digest.hex, $0.isDirect ? "direct" : ""] }
  }

  /// One layer before it is written.
  private struct Part: Sendable {
    let packages: [Lock.PythonPackage]
    let installed: [InstalledWheel]
    let trees: [LayerTree]
    /// What goes from the base.
    let removed: [String]
    var name: String { LayerPlan.name(packages) }
  }

  private func write(_ plan: LayerPlan) async throws -> [NamedLayer] {
    try await Processor.require(platform, for: Self.work, in: cache.folder(.work))
    let parts = try await parts(plan)
    var made: [Int: NamedLayer] = [:]
    try await withThrowingTaskGroup(of: (Int, NamedLayer).self) { group in
      // Compiling keeps all processors busy, and so does writing: one after the other, with the smallest in flight at a time.
      let compiled = try await compiled(parts)
      for (number, part) in parts.enumerated() {
        if number >= 2, let (done, layer) = try await group.next() { made[done] = layer }
        group.addTask {
          let layer = try await layers.layer(key: key + Self.key(of: part.packages) + part.removed) {
            try await progress.during("write the layer of \(part.name)") {
              let tree = try tree(part, compiled: compiled[number])
              return try await content.add(
                try await foundation.fit(tree), removing: part.removed, epoch: epoch, as: layers.compression)
            }
          }
          return (number, NamedLayer(name: part.name, layer: layer))
        }
      }
      for try await (done, layer) in group { made[done] = layer }
    }
    return parts.indices.compactMap { made[$0] }
  }

  private func parts(_ plan: LayerPlan) async throws -> [Part] {
    let scheme = PythonScheme(site: spec.site, interpreter: spec.interpreter)
    let paths = try await wheels.paths(of: plan.groups.flatMap { $0 })
    let installed = try await BlockingPool.run {
      let installer = WheelInstaller(scheme: scheme)
      let installed = try zip(plan.groups.joined(), paths).map { package, path in
        try installer.install(path, fileName: package.wheel.name, requested: package.isDirect)
      }
      // Wheels of different layers may not contradict each other either.
      _ = try LayerTree(installing: installed, scheme: scheme, modified: epoch)
      return installed
    }
    let trees = try installed.map { try LayerTree(installing: [$0], scheme: scheme, modified: epoch) }
    let base = try await basePackages()
    let new = Set(trees.flatMap { $0.nodes.map { PathKey($0.entry.path) } })
    var start = 0
    return plan.groups.map { group in
      let range = start..<start + group.count
      start = range.upperBound
      return Part(
        packages: group, installed: Array(installed[range]), trees: Array(trees[range]),
        removed: base?.removed(replacing: Set(group.map(\.name)), keeping: new) ?? [])
    }
  }

  private func basePackages() async throws -> BasePackages? {
    guard case .image(_, _, let tree) = foundation else { return nil }
    return BasePackages(try await tree.value(), site: spec.site, interpreter: spec.interpreter)
  }

  /// The compiled modules of all parts: a tree for each wheel of each part.
  private func compiled(_ parts: [Part]) async throws -> [[LayerTree]] {
    let compiler = BytecodeCompiler(
      interpreter: try await interpreter.value(), path: spec.interpreter, site: spec.site, cache: cache,
      progress: progress)
    let all = parts.flatMap { part in
      zip(part.packages, part.trees).map { BytecodeCompiler.Wheel(digest: $0.wheel.digest.hex, tree: $1) }
    }
    var rest = try await compiler.compile(all, modified: epoch)[...]
    return parts.map { part in
      defer { rest = rest.dropFirst(part.trees.count) }
      return Array(rest.prefix(part.trees.count))
    }
  }

  private func tree(_ part: Part, compiled: [LayerTree]) throws -> LayerTree {
    var bytecode = LayerTree()
    for (modules, wheel) in zip(compiled, part.trees) {
      // A few wheels bring compiled modules of their own, which their RECORD vouches for.
      var modules = modules
      modules.removeAll { $0.entry.kind == .file && wheel[$0.entry.path] != nil }
      try bytecode.merge(modules)
    }
    let scheme = PythonScheme(site: spec.site, interpreter: spec.interpreter)
    return try LayerTree(installing: part.installed, scheme: scheme, bytecode: bytecode, modified: epoch)
  }
}

extension ContentStore {
  /// Writes a tree as a layer that also deletes paths of the layers below.
  func add(
    _ tree: LayerTree, removing paths: [String], epoch: Int, as compression: LayerCompression
  ) async throws -> WrittenLayer {
    var tree = tree
    for path in paths {
      try tree.addFile(Whiteout.entry(deleting: path), [], mode: 0, modified: epoch, from: "replaced packages")
    }
    return try await add(tree, epoch: epoch, as: compression)
  }
}
