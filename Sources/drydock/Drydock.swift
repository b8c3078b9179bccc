import Commands
import Sandbox

@main
struct Program {
  /// Becomes the first process of a sandbox when it was started for that, or root among users of its own for what works on
  /// roots: both before there is a second thread.
  static func main() async {
    SandboxStage.runIfRequested()
    if Drydock.needsUsers(CommandLine.arguments) { UserNamespace.enter() }
    await Drydock.main()
  }
}
