import Host
import Layers
public import OCI
public import Packages
import Sandbox
import Trust

/// Builds a Debian root from locked packages, the same to the last byte whenever and wherever it is built.
///
/// All packages are unpacked at once, straight from their archives, and dpkg then configures them in one run inside the
/// sandbox. dpkg itself would unpack one after the other, with a flush to the disk for each.
public struct DebianRootBuilder: Sendable {
  /// The packages, sorted by name.
  public let pins: [DebianPin]
  /// The latest time that a file may have, in seconds since 1970.
  public let epoch: Int
  /// Files that are left out.
  public let exclusions: PathExclusions
  /// The processor architecture, in Debian's word.
  public let architecture: String

  /// Raised whenever the same packages give other bytes than before, so that no cached root outlives the code that made it.
  private static let formatVersion = 1

  /// Describes a root.
  public init(pins: [DebianPin], epoch: Int, exclusions: PathExclusions = .none, architecture: String = "amd64") {
    self.pins = pins.sorted { $0.name < $1.name }
    self.epoch = epoch
    self.exclusions = exclusions
    self.architecture = architecture
  }

  /// What is going on.
  public enum Step: Sendable, Hashable {
    /// Packages come from the mirror or the cache.
    case fetching(packages: Int, of: Int, bytes: Int)
    /// Packages are unpacked.
    case unpacking(packages: Int, of: Int)
    /// dpkg configures packages; the line is its own, for example `Setting up tar (1.34+dfsg-1.2) ...`.
    case configuring(String)
    /// Times, logs and caches are evened out.
    case normalizing
  }

  /// The digest of everything that decides the root's bytes.
  public var key: Digest {
    var lines = ["debian-root \(Self.formatVersion)", "epoch \(epoch)", "architecture \(architecture)"]
    lines += pins.map { "package \($0.name) \($0.version) \($0.architecture) \($0.digest)" }
    lines += exclusions.excluded.map { "exclude \($0)" } + exclusions.included.map { "include \($0)" }
    return SHA256.digest(of: Array(lines.joined(separator: "\n").utf8))
  }

  /// Builds the root below a workspace, or finds it there.
  ///
  /// A root appears under its key at once and whole; what a killed run left is removed by the next.
  ///
  /// - Parameters:
  ///   - archive: Where packages come from that are not in its cache.
  ///   - workspace: A directory for roots; made when missing.
  ///   - stage: A program that calls ``SandboxStage/runIfRequested()`` first thing in its `main`.
  /// - Returns: The root's path. Its files belong to the cache and must not be changed.
  public func build(
    from archive: DebianArchive, in workspace: String, stage: String = "/proc/self/exe",
    progress: (@Sendable (Step) -> Void)? = nil
  ) async throws(DebianRootError) -> String {
    let target = "\(workspace)/\(key.hex)"
    if Files.isDirectory(target) { return target }
    guard Environment.isRoot else { throw .needsRoot }
    let files: [String]
    do {
      files = try await archive.fetch(pins) { packages, bytes in
        progress?(.fetching(packages: packages, of: pins.count, bytes: bytes))
      }
    } catch {
      throw .package(error)
    }
    let temporary: TemporaryDirectory
    do { temporary = try TemporaryDirectory(in: workspace, prefix: "root") } catch { throw .system(error) }
    defer { temporary.remove() }
    let root = "\(temporary.path)/root"
    let packages = try await unpack(files, into: root, progress: progress)
    try await configure(packages, in: root, stage: stage, progress: progress)
    progress?(.normalizing)
    try await BlockingPool.run { () throws(DebianRootError) in
      try onDisk { () throws(SystemError) in try RootNormalizer(root: root, epoch: epoch).run() }
    }
    do { try Files.rename(root, to: target) } catch {
      // Another process may have been faster; its root is the same.
      guard Files.isDirectory(target) else { throw .system(error) }
    }
    return target
  }
}

// MARK: Unpacking

extension DebianRootBuilder {
  /// Unpacks all archives, the largest first, on as many threads as there are processors.
  func unpack(
    _ files: [String], into root: String, progress: (@Sendable (Step) -> Void)? = nil
  ) async throws(DebianRootError) -> [UnpackedPackage] {
    let tree = RootTree(root)
    try onDisk { () throws(SystemError) in try prepare(tree) }
    let queue = UnpackQueue(Array(zip(pins, files)))
    let exclusions = exclusions
    let outcome: Result<[UnpackedPackage], DebianRootError> = await withTaskGroup(
      of: Result<[UnpackedPackage], DebianRootError>.self
    ) { group in
      for _ in 0..<Environment.processorCount {
        group.addTask { @concurrent in
          do throws(DebianRootError) {
            return .success(
              try await BlockingPool.run { () throws(DebianRootError) in
                try queue.work(into: tree, exclusions: exclusions, progress: progress)
              })
          } catch {
            return .failure(error)
          }
        }
      }
      var packages: [UnpackedPackage] = []
      for await result in group {
        switch result {
        case .success(let part): packages += part
        case .failure(let error): return .failure(error)
        }
      }
      return .success(packages)
    }
    var packages = try outcome.get().sorted { $0.pin.name < $1.pin.name }
    try settleOverlaps(&packages, in: tree)
    try settleDirectories(packages, in: tree)
    return packages
  }

  /// Makes the root and the links into `/usr` before any package can.
  private func prepare(_ tree: RootTree) throws(SystemError) {
    try Files.createDirectory(tree.path)
    try Files.changeMode(tree.path, 0o755)
    for link in MergedUsr.links(architecture: architecture) {
      _ = try tree.makeDirectory("usr/\(link)")
      try Files.link(tree.place(link), to: "usr/\(link)")
    }
  }

  /// Gives each file that two packages have to the one that replaces the other (Debian Policy, section 7.6.1).
  private func settleOverlaps(_ packages: inout [UnpackedPackage], in tree: RootTree) throws(DebianRootError) {
    for place in Set(packages.flatMap(\.occupied)).sorted() {
      let owners = packages.indices.filter { packages[$0].files[place] != nil }
      var winners: [Int] = []
      for index in owners {
        let replaced: [DebianRelation]
        do throws(DebianError) {
          replaced = try DebianDependency.list(parsing: packages[index].control["Replaces"] ?? "").flatMap(
            \.alternatives)
        } catch { throw .package(error) }
        let wins = owners.allSatisfy { other in
          let pin = packages[other].pin
          return other == index || replaced.contains { $0.name == pin.name && $0.admits(pin.version) }
        }
        if wins { winners.append(index) }
      }
      guard winners.count == 1 else {
        throw .overlap(
          path: "/\(place)", first: packages[owners.first ?? 0].pin.name, second: packages[owners.last ?? 0].pin.name)
      }
      try packages[winners[0]].restore([place], in: tree)
      for index in owners where index != winners[0] { packages[index].yield([place]) }
    }
  }

  /// Sets mode and owner of directories, which several packages have: base-files decides first, then the order of names.
  private func settleDirectories(_ packages: [UnpackedPackage], in tree: RootTree) throws(DebianRootError) {
    var settled: Set<String> = []
    let ordered = packages.filter { $0.pin.name == "base-files" } + packages.filter { $0.pin.name != "base-files" }
    for directory in ordered.flatMap(\.directories) where settled.insert(directory.path).inserted {
      let place = tree.place(directory.path)
      try onDisk { () throws(SystemError) in
        try Files.changeOwner(place, uid: directory.uid, gid: directory.gid)
        try Files.changeMode(place, directory.mode)
      }
    }
  }
}

// MARK: Configuring

extension DebianRootBuilder {
  /// Runs the packages' scripts in the sandbox: each `preinst`, then dpkg for all that comes after unpacking.
  private func configure(
    _ packages: [UnpackedPackage], in root: String, stage: String, progress: (@Sendable (Step) -> Void)?
  ) async throws(DebianRootError) {
    try onDisk { () throws(SystemError) in try DpkgDatabase.write(packages, architecture: architecture, in: root) }
    let diversions = "\(root)/var/lib/dpkg/diversions"
    try await run(["/bin/sh", "-e", "-c", preinstallation(of: packages)], in: root, stage: stage, progress: progress)
    guard !Files.exists(diversions) else {
      throw .unsupported(package: "one of the set", reason: "its preinst diverts files that lie there already")
    }
    // Scripts of other packages count on the essential ones without saying so (Debian Policy, section 3.8).
    for names in [essentials, ["--pending"]] where !names.isEmpty {
      try await run(
        ["/usr/bin/dpkg", "--force-unsafe-io", "--configure"] + names, in: root, stage: stage, progress: progress)
    }
    let audit = try await run(["/usr/bin/dpkg", "--audit"], in: root, stage: stage, progress: nil)
    guard audit.isEmpty else { throw .audit(audit) }
  }

  /// The names of the essential packages and of all that they need.
  private var essentials: [String] {
    let dependencies = Dictionary(pins.map { ($0.name, $0.dependencies) }) { first, _ in first }
    var names = Set(pins.filter(\.isEssential).map(\.name))
    var open = Array(names)
    while let name = open.popLast() {
      for needed in dependencies[name] ?? [] where names.insert(needed).inserted { open.append(needed) }
    }
    return names.sorted()
  }

  /// A script that calls each `preinst` as dpkg does before it unpacks a new package (Debian Policy, section 6.6).
  ///
  /// base-passwd's makes the users that others set as owners. debconf asks the path of the script for the package's name, so
  /// the control files lie where dpkg has them at that time.
  private func preinstallation(of packages: [UnpackedPackage]) -> String {
    let first = packages.filter { $0.pin.name == "base-passwd" }
    var script = """
      umask 022
      export DPKG_MAINTSCRIPT_NAME=preinst DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1
      export DPKG_ADMINDIR=/var/lib/dpkg DPKG_ROOT=
      cd /var/lib/dpkg

      """
    for package in first + packages.filter({ $0.pin.name != "base-passwd" }) where package.hasPreinst {
      script += """
        export DPKG_MAINTSCRIPT_PACKAGE=\(package.pin.name) DPKG_MAINTSCRIPT_ARCH=\(package.pin.architecture)
        mv \(DpkgDatabase.controlFolder(of: package)) tmp.ci
        (cd / && /var/lib/dpkg/tmp.ci/preinst install </dev/null)
        rm -r tmp.ci

        """
    }
    return script
  }

  /// Runs a command in the root and gives its output; a failure quotes the end of it.
  @discardableResult
  private func run(
    _ arguments: [String], in root: String, stage: String, progress: (@Sendable (Step) -> Void)?
  ) async throws(DebianRootError) -> String {
    var command = SandboxCommand(
      arguments,
      environment: [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
        "TZ": "UTC", "TERM": "dumb", "DEBIAN_FRONTEND": "noninteractive", "DEBCONF_NONINTERACTIVE_SEEN": "true",
        "DEBCONF_NOWARNINGS": "yes", "SOURCE_DATE_EPOCH": String(epoch), "PYTHONHASHSEED": "0",
      ])
    command.errors = .joined
    command.flushes = false
    command.timeout = .seconds(1800)
    var plan = SandboxPlan(root: .directory(root), command: command)
    plan.hostname = "localhost"
    // Services are never started while a root is built (policy-rc.d of invoke-rc.d: 101 is "action forbidden").
    plan.mounts = [.init("/usr/sbin/policy-rc.d", .file("#!/bin/sh\nexit 101\n", mode: 0o755))]
    let result: SandboxResult
    do {
      result = try await Sandbox.run(plan, stage: stage) { line in
        if let progress, line.text.hasPrefix("Setting up ") { progress(.configuring(line.text)) }
      }
    } catch {
      throw .sandbox(error)
    }
    guard result.status.isSuccess else {
      let tail = result.text.split(separator: "\n").suffix(30).joined(separator: "\n")
      throw .configuration(status: result.status, output: tail)
    }
    return result.text
  }
}
