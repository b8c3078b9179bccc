internal import Sandbox

/// A running container of an image in which commands run beside each other.
///
/// One sandbox for many commands: to start another command costs a fork, not a container. Its first process is idle, so
/// that the container neither does nor ends anything by itself.
struct Container: Sendable {
  let settings: ContainerSettings
  private let process: SandboxProcess

  /// Starts a container that does nothing by itself.
  init(_ settings: ContainerSettings, stage: String) async throws(VerificationError) {
    do throws(SandboxError) {
      process = try await Sandbox.start(settings.plan, stage: stage)
    } catch {
      throw .sandbox(error)
    }
    self.settings = settings
  }

  /// Runs a command to its end; a cancelled task kills it.
  func run(_ command: SandboxCommand) async throws(VerificationError) -> SandboxResult {
    do throws(SandboxError) { return try await process.run(command) } catch { throw .sandbox(error) }
  }

  /// Starts a command that runs until it is killed, at the latest with the container.
  func start(
    _ command: SandboxCommand, onLine: (@Sendable (SandboxLine) -> Void)? = nil
  ) async throws(VerificationError) -> SandboxProcess {
    do throws(SandboxError) { return try await process.enter(command, onLine: onLine) } catch { throw .sandbox(error) }
  }

  /// Ends the container with all that runs in it.
  func stop() async {
    process.kill()
    _ = await process.wait()
  }
}
