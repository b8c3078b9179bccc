import Sandbox

@main
struct Drydock {
  static func main() {
    // First of all: a sandbox is this program executed once more, and there must not be a second thread yet.
    SandboxStage.runIfRequested()
  }
}
