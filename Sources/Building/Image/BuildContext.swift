public import Dockerfiles
internal import Host
internal import Layers
internal import OCI
internal import Packages
public import Resolution
internal import Trust
internal import Versions

/// Everything that the generated Dockerfile builds from, in one folder: an ordinary builder needs no network with it.
///
/// The same lock gives the same files with the same modes and times, so that two contexts can be compared.
public struct BuildContext: Sendable {
  /// The files by their place in the folder.
  private let tree: LayerTree
  /// The root of the packages, of an image that has no base, and the name of its archive.
  private let root: (path: String, name: String)?
  /// The latest time that a file may have, in seconds since 1970.
  private let epoch: Int

  init(
    plan: ImagePlan, folder: String, runtime: RuntimeBinary?, wheels: [(name: String, path: String)],
    others: [(name: String, path: String)], root: (path: String, name: String)?
  ) throws {
    typealias Name = DockerfileGenerator.Context
    self.root = root
    epoch = plan.lock.date
    var tree = LayerTree()
    try tree.addFile(Name.dockerfile, Array(DockerfileGenerator(plan: plan).text.utf8), modified: epoch)
    try tree.addFile(Name.lock, Array(plan.lock.text.utf8), modified: epoch)
    if plan.lock.python != nil {
      try tree.addFile(Name.requirements, Array(RequirementsFile(lock: plan.lock).text.utf8), modified: epoch)
    }
    if let runtime {
      try ApplicationLayer.add(runtime.path, at: "/\(Name.runtime)", mode: 0o755, to: &tree, epoch: epoch)
    }
    for wheel in wheels {
      try ApplicationLayer.add(
        wheel.path, at: "/\(Name.wheels)/\(wheel.name)", mode: 0o644, to: &tree, epoch: epoch)
    }
    for (name, path) in others {
      try ApplicationLayer.add(path, at: "/\(name)", mode: 0o644, to: &tree, epoch: epoch)
    }
    for copy in plan.spec.files {
      try ApplicationLayer.copy("\(folder)/\(copy.source)", to: "/\(copy.source)", into: &tree, epoch: epoch)
    }
    self.tree = tree
  }

  /// Writes the contexts of several platforms into a new folder, each in one of its own, with the Dockerfile of all of them.
  ///
  /// - Returns: The number of files and their size in bytes.
  public static func write(
    _ contexts: [BuildContext], of plans: ImagePlans, to directory: String
  ) async throws -> (files: Int, size: Int) {
    let target = Path.absolute(directory)
    let workspace = try TemporaryDirectory(in: Path.parent(target), prefix: ".drydock-context")
    let folder = workspace.path + "/contexts"
    try Files.createDirectory(folder)
    var (files, size) = (0, 0)
    func add(_ name: String, _ text: String) throws {
      try Files.write(text, to: "\(folder)/\(name)")
      try Files.setModified("\(folder)/\(name)", plans.plans.map(\.lock.date).max() ?? 0)
      files += 1
      size += text.utf8.count
    }
    try add(DockerfileGenerator.Context.dockerfile, DockerfileGenerator.text(of: plans))
    try add(DockerfileGenerator.Context.lock, plans.lock.text)
    for (plan, context) in zip(plans.plans, contexts) {
      let written = try await context.write(to: "\(folder)/\(plan.spec.platform.label)")
      files += written.files
      size += written.size
    }
    try Files.rename(folder, to: target)
    return (files, size)
  }

  /// Writes the files into a new folder, which appears when it is whole.
  ///
  /// - Returns: The number of files and their size in bytes.
  public func write(to directory: String) async throws -> (files: Int, size: Int) {
    try await BlockingPool.run { try writeBlocking(to: directory) }
  }

  private func writeBlocking(to directory: String) throws -> (files: Int, size: Int) {
    let target = Path.absolute(directory)
    let workspace = try TemporaryDirectory(in: Path.parent(target), prefix: ".drydock-context")
    let folder = workspace.path + "/context"
    try Files.createDirectory(folder)
    var sums: [(path: String, digest: Digest)] = []
    var size = 0
    func add(_ path: String, mode: UInt32, _ fill: (HashingSink) throws -> Void) throws {
      let sink = HashingSink(try FileSink(path: "\(folder)/\(path)"))
      try fill(sink)
      sums.append((path, sink.finish()))
      size += sink.size
      try Files.changeMode("\(folder)/\(path)", mode)
      try Files.setModified("\(folder)/\(path)", epoch)
    }
    for node in tree.nodes {
      let place = "\(folder)/\(node.entry.path)"
      switch node.entry.kind {
      case .directory: try Files.createDirectory(place)
      case .symbolicLink(let text): try Files.link(place, to: text)
      default: try add(node.entry.path, mode: node.entry.mode) { try node.content?.write(to: $0) }
      }
    }
    if let root {
      try add(root.name, mode: 0o644) { sink in
        try TreeScanner.scan(root.path).writeTar(to: sink, epoch: epoch)
      }
    }
    sums.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    try Files.write(
      sums.map { "\($0.digest.hex)  \($0.path)\n" }.joined(), to: "\(folder)/\(DockerfileGenerator.Context.checksums)")
    for node in tree.nodes where node.entry.kind == .directory {
      try Files.setModified("\(folder)/\(node.entry.path)", epoch)
    }
    try Files.rename(folder, to: target)
    return (sums.count, size)
  }
}

extension ImageBuilder {
  /// The wheels of some of the lock's packages, downloaded or built of their sources, in the same order.
  public func wheels(of packages: [Lock.PythonPackage]) async throws -> [String] {
    guard let python = plan.lock.python, let spec = plan.spec.python else { return [] }
    var root: BuildRoot?
    if packages.contains(where: { $0.builtWheel != nil }) {
      if let own = try await packagesRoot() { root = BuildRoot(own.path) } else { root = try await baseRoot() }
    }
    return try await wheels(python, spec, root: root).paths(of: packages)
  }

  /// The root of an image that has no base, and what its archive is called.
  private func packagesRoot() async throws -> (path: String, name: String)? {
    typealias Name = DockerfileGenerator.Context
    if let debian = plan.lock.debian, let archive {
      let root = try await DebianRoot.directory(
        debian, spec: plan.spec, epoch: plan.lock.date, archive: archive, cache: cache, progress: progress)
      return (root, Name.debianRoot)
    }
    guard plan.lock.base == nil, let rpm = plan.lock.rpm, !rpm.packages.isEmpty else { return nil }
    return (try await rpmRoot(rpm), Name.rpmRoot)
  }

  private func baseRoot() async throws -> BuildRoot? {
    guard let base = plan.lock.base else { return nil }
    return BuildRoot(try await bases.image(base, platform: plan.spec.platform), cache: cache)
  }

  /// Gathers what the generated Dockerfile needs: downloads wheels, builds the Debian root and the wheels of sources.
  public func context() async throws -> BuildContext {
    try await requireWhatRuns(isGathering: true)
    typealias Name = DockerfileGenerator.Context
    let archived = try await packagesRoot()
    let root = archived?.path
    var wheels: [(name: String, path: String)] = []
    if let python = plan.lock.python, let spec = plan.spec.python {
      let installer = python.build.filter { $0.name.description == Lock.Python.installer }
      let packages = python.packages + installer
      var place = root.map { BuildRoot($0) }
      if place == nil, packages.contains(where: { $0.builtWheel != nil }) { place = try await baseRoot() }
      let paths = try await self.wheels(python, spec, root: place).paths(of: packages)
      wheels = zip(packages, paths).map { ($0.wheel.name, $1) }
    }
    var others: [(name: String, path: String)] = []
    if let rpm = plan.lock.rpm, archived?.name != Name.rpmRoot {
      others += zip(rpm.packages, try await fetch(rpm)).map { ("\(Name.rpms)/\($0.description).rpm", $1) }
    }
    if let jars = plan.lock.jars {
      others += zip(jars.artifacts, try await fetch(jars)).map { ("\(Name.jars)/\($0.coordinate.fileName)", $1) }
    }
    return try BuildContext(
      plan: plan, folder: folder, runtime: runtime, wheels: wheels, others: others, root: archived)
  }
}

/// Hands bytes on and hashes them.
private final class HashingSink: ByteSink {
  private let sink: any ByteSink
  private var hash: SHA256? = SHA256()
  private(set) var size = 0

  init(_ sink: any ByteSink) { self.sink = sink }

  func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError) {
    hash?.update(bytes)
    size += bytes.count
    try sink.write(bytes)
  }

  func finish() -> Digest {
    guard let hash = hash.take() else { preconditionFailure("a stream is finished once") }
    return hash.finish()
  }
}
