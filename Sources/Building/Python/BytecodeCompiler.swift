internal import Host
internal import Layers
internal import Sandbox

/// Compiles the modules of installed wheels with the image's own interpreter, once for each wheel and interpreter.
///
/// The files are hash-based and unchecked (PEP 552): the interpreter takes them without looking at the source, and they hold no
/// time. The modules of one wheel are compiled by one process in the order of their names, as what it has compiled
/// before shows in the bytes that it writes.
struct BytecodeCompiler: Sendable {
  /// One installed wheel.
  struct Wheel: Sendable {
    /// The digest of the wheel.
    let digest: String
    /// What it installs.
    let tree: LayerTree
  }

  private static let format = "3"
  private static let place = "/run/drydock/bytecode"

  let interpreter: ImageInterpreter
  /// The interpreter's path in the image.
  let path: String
  let site: String
  let cache: BuildCache
  let progress: Progress

  /// The compiled modules of wheels, a tree for each, in the same order.
  func compile(_ wheels: [Wheel], modified: Int) async throws -> [LayerTree] {
    let keys = wheels.map { BuildCache.key([Self.format, interpreter.key, path, site, $0.digest]) }
    let missing = wheels.indices.filter { !Files.exists(cache.folder(.bytecode) + "/" + keys[$0]) }
    if !missing.isEmpty {
      try await progress.during("compile the modules of \(missing.count) wheels") {
        try await compile(missing.map { (wheels[$0], keys[$0]) })
      }
    }
    return try await BlockingPool.run {
      try keys.map { try Self.tree(of: "\(cache.folder(.bytecode))/\($0)", modified: modified) }
    }
  }

  private func compile(_ wheels: [(wheel: Wheel, key: String)]) async throws {
    let workspace = try cache.workspace()
    let sources = workspace.path + "/modules"
    try await BlockingPool.run {
      for (wheel, key) in wheels { try writeModules(of: wheel.tree, to: "\(sources)/\(key)") }
    }
    do {
      try await run(over: sources, in: try await interpreter.directory.value(), changes: workspace.path + "/changes")
    } catch let error as BytecodeError {
      guard let whole = interpreter.wholeDirectory else { throw error }
      try await run(over: sources, in: try await whole.value(), changes: workspace.path + "/more")
    }
    try await BlockingPool.run {
      for (_, key) in wheels {
        try Self.keepCompiled(below: "\(sources)/\(key)")
        let target = "\(cache.folder(.bytecode))/\(key)"
        if !Files.exists(target) { try Files.rename("\(sources)/\(key)", to: target) }
      }
    }
  }

  private func run(over sources: String, in root: String, changes: String) async throws {
    try Files.createDirectory(changes)
    var command = SandboxCommand(
      [path, "-I", "-c", Self.script, Self.place, String(Environment.processorCount)],
      environment: SandboxCommand.plainEnvironment.merging(["PYTHONHASHSEED": "0"]) { $1 })
    command.timeout = .seconds(1800)
    var plan = SandboxPlan(root: .overlay(lower: [root], changes: .directory(changes)), command: command)
    plan.mounts = [SandboxPlan.Mount(Self.place, .bind(sources, writable: true))]
    let end = try await Sandbox.run(plan)
    guard end.status.isSuccess else {
      throw BytecodeError.failed(output: String((end.text + end.errorText).suffix(4000)))
    }
  }

  /// One process for each wheel, as many at once as there are processors, those with most to compile first; a module that does
  /// not compile is left as source.
  private static let script = """
    import os, sys
    place, limit = sys.argv[1], int(sys.argv[2])
    environment = {"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"}
    def size(tree):
        return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(tree) for name in names)
    trees = sorted((os.path.join(place, name) for name in os.listdir(place)), key=lambda tree: (-size(tree), tree))
    running = 0
    for tree in trees:
        if running >= limit:
            os.wait()
            running -= 1
        os.posix_spawn(
            sys.executable, [sys.executable, "-S", "-m", "compileall", "-qq", "--invalidation-mode", "unchecked-hash",
             "-s", tree, "-p", "/", tree], environment)
        running += 1
    for _ in range(running):
        os.wait()
    """

  /// Writes the modules of a tree below a directory, at their paths in the image: those of the site, no programs.
  private func writeModules(of tree: LayerTree, to directory: String) throws {
    try Files.createDirectory(directory)
    let prefix = site.drop { $0 == "/" } + "/"
    for node in tree.nodes where node.entry.kind == .file && node.entry.path.hasSuffix(".py") {
      guard node.entry.path.hasPrefix(prefix) else { continue }
      guard let content = node.content else { continue }
      let path = "\(directory)/\(node.entry.path)"
      try Files.createDirectory(Path.parent(path) ?? directory)
      let file = try FileHandle(writing: path, .exclusive)
      try file.write(try content.source().readAll(limit: 64 << 20))
    }
  }

  /// Removes everything but compiled modules, and tells whether any are left.
  @discardableResult
  private static func keepCompiled(below directory: String) throws -> Bool {
    var isKept = false
    for name in try Files.list(directory) {
      let path = "\(directory)/\(name)"
      if Files.isDirectory(path) {
        if try keepCompiled(below: path) { isKept = true } else { try Files.remove(path) }
      } else if name.hasSuffix(".pyc") {
        isKept = true
      } else {
        try Files.remove(path)
      }
    }
    return isKept
  }

  private static func tree(of directory: String, modified: Int) throws -> LayerTree {
    var tree = LayerTree()
    func add(_ relative: String) throws {
      for name in try Files.list(Path.join(directory, relative)) {
        let path = relative.isEmpty ? name : "\(relative)/\(name)"
        let full = "\(directory)/\(path)"
        let status = try FileStatus(of: full)
        if status.kind == .directory {
          try tree.addDirectory(path, modified: modified)
          try add(path)
        } else {
          let entry = TarEntry(path: path, kind: .file, mode: 0o644, size: status.size, modified: modified)
          try tree.add(entry, content: .file(path: full), from: "compiled modules")
        }
      }
    }
    try add("")
    return tree
  }
}

/// Why modules could not be compiled.
public enum BytecodeError: Error, Sendable, CustomStringConvertible {
  /// The interpreter refused; the text is what it printed.
  case failed(output: String)

  /// What happened, followed by the output.
  public var description: String {
    switch self {
    case .failed(let output): "the image's interpreter could not compile the modules of its wheels:\n\(output)"
    }
  }
}
