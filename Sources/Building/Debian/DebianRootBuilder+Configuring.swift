import Host
import Packages
import Sandbox

extension DebianRootBuilder {
  /// Runs the packages' scripts in the sandbox: each `preinst`, then dpkg for all that comes after unpacking.
  func configure(
    _ packages: [UnpackedPackage], in root: String, stage: String, progress: (@Sendable (Step) -> Void)?
  ) async throws(DebianRootError) {
    try onDisk { () throws(SystemError) in try DpkgDatabase.write(packages, architecture: architecture, in: root) }
    try await run(["/bin/sh", "-e", "-c", preinstallation(of: packages)], in: root, stage: stage, progress: progress)
    try checkDiversions(packages, in: root)
    // Scripts of other packages count on the essential ones without saying so (Debian Policy, section 3.8).
    for names in [essentials, ["--pending"]] where !names.isEmpty {
      try await run(
        ["/usr/bin/dpkg", "--force-unsafe-io", "--configure"] + names, in: root, stage: stage, progress: progress)
    }
    for version in unsortedPythons {
      try await run(["/bin/sh", "-e", "-c", Self.recompilation(version)], in: root, stage: stage, progress: nil)
    }
    let audit = try await run(["/usr/bin/dpkg", "--audit"], in: root, stage: stage, progress: nil)
    guard audit.isEmpty else { throw .audit(audit) }
  }

  /// Refuses diversions that a `preinst` made too late: of files that lie there already, or that were moved away.
  ///
  /// The ones that newer releases make for `/lib64` and its like concern paths that no package of the release has any longer.
  private func checkDiversions(_ packages: [UnpackedPackage], in root: String) throws(DebianRootError) {
    guard let text = try? Files.text("\(root)/var/lib/dpkg/diversions") else { return }
    // Three lines each: the path, where it is diverted to, and the package that gets it all the same.
    let lines = text.split(separator: "\n").map(String.init)
    for start in stride(from: 0, to: lines.count - 2, by: 3) {
      let (from, to, owner) = (String(lines[start].dropFirst()), String(lines[start + 1].dropFirst()), lines[start + 2])
      let isTaken = packages.contains { $0.pin.name != owner && $0.files.values.contains(from) }
      let isMoved = Files.exists("\(root)/\(to)") && !packages.contains { $0.files.values.contains(to) }
      if isTaken || isMoved {
        throw .unsupported(package: owner, reason: "its preinst diverts /\(from), which lies there already")
      }
    }
  }

  /// The versions of Python in the set whose compiled modules hold sets in the order of a random seed, for example `3.9`.
  ///
  /// Python 3.11 sorts them. Debian's scripts compile with `-E`, past any variable that would fix the seed.
  private var unsortedPythons: [String] {
    pins.compactMap { pin in
      guard pin.name.hasPrefix("python3."), pin.name.hasSuffix("-minimal") else { return nil }
      let version = pin.name.dropFirst("python".count).dropLast("-minimal".count)
      return Int(version.dropFirst(2)).flatMap { $0 < 11 ? String(version) : nil }
    }
  }

  /// A script that compiles again what is compiled, under the fixed seed of the environment.
  private static func recompilation(_ version: String) -> String {
    let tag = "cpython-" + version.filter { $0 != "." }
    return "find /usr/lib/python3 /usr/lib/python\(version) /usr/share/python3 -name '*.\(tag).pyc' | sort"
      + " | sed 's:__pycache__/\\(.*\\)\\.\(tag)\\.pyc$:\\1.py:' | python\(version) -m py_compile -"
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
    // To scripts this is a chroot, as it is with debootstrap: in a machine libc6's would tell init and wait for a second.
    plan.mounts = [
      .init("/usr/sbin/policy-rc.d", .file("#!/bin/sh\nexit 101\n", mode: 0o755)),
      .init("/usr/bin/ischroot", .file("#!/bin/sh\nexit 0\n", mode: 0o755)),
    ]
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
