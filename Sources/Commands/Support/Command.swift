import ArgumentParser

/// A subcommand: its body may throw any error, which becomes a sentence with a hint and an exit code here.
protocol Command: AsyncParsableCommand {
  associatedtype Output: OutputGroup
  var output: Output { get }
  func execute(_ progress: ProgressLine) async throws
}

/// A subcommand with long pieces of work that nothing breaks off, and that has next to nothing to clean up: a signal ends it soon.
protocol EndsSoon {}

/// A subcommand that works on files of several users, as roots have them: an ordinary user runs it in a namespace of users.
protocol NeedsUsers {}

extension Command {
  mutating func run() async throws {
    let line = output.progress
    // Only the task below uses it from here on.
    nonisolated(unsafe) let command = self
    do {
      let grace = self is any EndsSoon ? .seconds(1) : Interruption.grace
      try await Interruption.cancelling(grace: grace) { try await command.execute(line) }
      line.clear()
    } catch let verdict as Verdict {
      line.clear()
      throw verdict
    } catch {
      line.clear()
      Interruption.endIfCaught()
      throw Failure(error)
    }
  }
}
