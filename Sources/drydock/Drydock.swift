import Commands
import Sandbox

@main
struct Program {
  /// Becomes the first process of a sandbox when it was started for that, before there is a second thread.
  static func main() async {
    SandboxStage.runIfRequested()
    await Drydock.main()
  }
}
