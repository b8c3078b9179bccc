import Glibc
import Host
import Sandbox
import TestSupport

/// A small root on the host's own programs, and plans for it.
final class SandboxFixture: Sendable {
  let directory: TemporaryDirectory
  var root: String { directory.path + "/root" }

  static let stage = BuiltProgram.path("sandbox-stage")

  init() throws {
    directory = try TemporaryDirectory(prefix: "drydock-sandbox")
    // Users without a name of their own walk through here as well.
    try Files.changeMode(directory.path, 0o755)
    for name in ["usr", "etc", "tmp"] { try Files.createDirectory(root + "/" + name) }
    for name in ["bin", "sbin", "lib", "lib64"] where Files.exists("/usr/" + name) {
      try Files.link(root + "/" + name, to: "usr/" + name)
    }
    try Files.changeMode(root + "/tmp", 0o1777)
    try Files.write("original\n", to: root + "/etc/marker")
  }

  /// A plan for a shell script in the root itself.
  func plan(_ script: String) -> SandboxPlan { plan(["sh", "-c", script]) }

  /// A plan for a Python program.
  func python(_ program: String) -> SandboxPlan { plan(["python3", "-I", "-c", program]) }

  func plan(_ arguments: [String]) -> SandboxPlan {
    var plan = SandboxPlan(root: .directory(root), command: SandboxCommand(arguments))
    plan.mounts = [SandboxPlan.Mount("/usr", .bind("/usr"))]
    plan.command.timeout = .seconds(60)
    return plan
  }

  func run(_ plan: SandboxPlan) async throws -> SandboxResult { try await Sandbox.run(plan, stage: Self.stage) }

  func run(_ script: String) async throws -> SandboxResult { try await run(plan(script)) }

  func start(_ script: String) async throws -> SandboxProcess {
    try await Sandbox.start(plan(script), stage: Self.stage)
  }

  /// Starts a plan and waits until its command writes the line `ready`.
  func startReady(_ plan: SandboxPlan) async throws -> SandboxProcess {
    let (lines, sink) = AsyncStream.makeStream(of: String.self)
    let process = try await Sandbox.start(plan, stage: Self.stage) { sink.yield($0.text) }
    for await line in lines where line == "ready" { break }
    return process
  }

  /// All paths below the root, to see that nothing came or went.
  func contents(of directory: String? = nil) throws -> [String] {
    let directory = directory ?? root
    return try Files.list(directory).sorted().flatMap { name -> [String] in
      let path = "\(directory)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [path] }
      return [path] + (try contents(of: path))
    }
  }
}

/// The host's processes, by their arguments.
enum HostProcesses {
  /// An argument that no other process has.
  static func marker() -> String { "\(300 + Int.random(in: 1..<1_000_000)).\(Int.random(in: 100_000..<1_000_000))" }

  static func all(containing marker: String) -> [Int] {
    let numbers = ((try? Files.list("/proc")) ?? []).compactMap { Int($0) }
    return numbers.filter { ((try? Files.text("/proc/\($0)/cmdline")) ?? "").contains(marker) }
  }

  static func count(containing marker: String) -> Int { all(containing: marker).count }

  /// Waits for a number of such processes, for some seconds at most.
  static func wait(for expected: Int, containing marker: String) async throws -> Bool {
    for _ in 0..<500 {
      if count(containing: marker) == expected { return true }
      try await Task.sleep(for: .milliseconds(20))
    }
    return false
  }
}
