import Sandbox

/// The program that tests name as the inner half of a sandbox, as the test runner's own can't be one.
///
/// It is also a caller of its own that a test can kill or run as another user: `sandbox-stage ROOT [uid:gid] -- ARGUMENT…`.
/// With `--users` first it enters a namespace of users before, as `drydock` does.
@main
struct SandboxStageProgram {
  static func main() async {
    SandboxStage.runIfRequested()
    var arguments = CommandLine.arguments.dropFirst()
    if arguments.first == "--users" {
      arguments.removeFirst()
      UserNamespace.enter()
    }
    let parts = arguments.split(separator: "--", maxSplits: 1).map { Array($0) }
    guard parts.count == 2, let root = parts[0].first else {
      print("usage: sandbox-stage ROOT [uid:gid] -- ARGUMENT…")
      return
    }
    var command = SandboxCommand(parts[1])
    command.output = .inherited
    command.errors = .inherited
    if parts[0].count > 1 {
      let ids = parts[0][1].split(separator: ":").compactMap { UInt32($0) }
      command.user = SandboxCommand.User(uid: ids[0], gid: ids[1])
    }
    var plan = SandboxPlan(root: .overlay(lower: [root], changes: .memory(limit: nil)), command: command)
    plan.mounts = [.init("/usr", .bind("/usr"))]
    do {
      let result = try await Sandbox.run(plan)
      print(result.status)
    } catch {
      print("error: \(error)")
    }
  }
}
