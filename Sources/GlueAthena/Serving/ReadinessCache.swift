import Host
import JSON
import Synchronization

/// What `health --ready` said, asked again when the answer is old.
///
/// The checks are made by a process of their own: on a file system that hangs nobody but that process waits, and its time
/// limit ends it.
final class ReadinessCache: Sendable {
  /// An answer.
  struct Answer: Sendable {
    let isReady: Bool
    let report: JSONValue
  }

  private let program: String
  private let age: Double
  private let timeout: Double
  private let state = Mutex<(answer: Answer, time: Stopwatch)?>(nil)

  /// - Parameters:
  ///   - age: Seconds that an answer is good for.
  ///   - timeout: Seconds that the checks may take.
  init(program: String, age: Double, timeout: Double) {
    self.program = program
    self.age = age
    self.timeout = timeout
  }

  /// An answer that is not too old; those who ask at once wait for one.
  func answer() -> Answer {
    state.withLock { state in
      if let state, state.time.seconds < age { return state.answer }
      let answer = ask()
      state = (answer, Stopwatch())
      return answer
    }
  }

  private func ask() -> Answer {
    let words = ["health", "--ready", "--format", "json", "--timeout", Stopwatch.text(timeout)]
    let result = try? Subprocess(program, words).runBlocking(limit: 1 << 20)
    guard let result, let report = try? JSONValue(parsing: result.output) else {
      let reason =
        result.map(\.errorText)?.split(separator: "\n").first.map(String.init) ?? "the checks can't be started"
      return Answer(
        isReady: false, report: .object(["level": .string("ready"), "ok": .bool(false), "reason": .string(reason)]))
    }
    return Answer(isReady: result.status == 0, report: report)
  }
}
