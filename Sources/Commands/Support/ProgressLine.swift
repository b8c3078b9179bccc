import Host
import Synchronization

/// Draws progress as one line on the terminal behind standard error; elsewhere it is silent.
final class ProgressLine: Sendable {
  private struct Work: Sendable {
    let name: String
    let unit: Progress.Unit
    var total: Int?
    var completed = 0
    let started: ContinuousClock.Instant
  }

  private struct State: Sendable {
    var running: [Work] = []
    var drawn: ContinuousClock.Instant?
    var isVisible = false
  }

  /// How much is told.
  enum Detail: Sendable {
    case none
    case line
    case log
  }

  private let detail: Detail
  private let isQuiet: Bool
  private let state = Mutex(State())

  /// - Parameter verbose: Whether each piece of work gets a line of its own when it ends, terminal or not.
  init(quiet: Bool, verbose: Bool) {
    isQuiet = quiet
    detail = quiet ? .none : verbose ? .log : Terminal.isTerminal(.error) ? .line : .none
  }

  var progress: Progress {
    detail == .none ? .none : Progress { [self] name, unit, event in handle(name, unit, event) }
  }

  /// Removes the line, so that other text can be written.
  func clear() {
    state.withLock { state in
      if state.isVisible { Terminal.write("\r\u{1B}[K", to: .error) }
      state.isVisible = false
    }
  }

  /// Shows a line of a program's output on the terminal until the next one comes.
  func show(_ text: String) {
    guard detail == .line else { return }
    let visible = String(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.map(Character.init))
    state.withLock { state in
      Terminal.write("\r\u{1B}[K" + String(visible.prefix(max(20, Terminal.width - 1))), to: .error)
      state.isVisible = true
    }
  }

  /// Tells something that nobody asked for and everybody should know.
  func warn(_ text: String) {
    guard !isQuiet else { return }
    clear()
    Terminal.write("warning: \(text)\n", to: .error)
  }

  private func handle(_ name: String, _ unit: Progress.Unit, _ event: Progress.Event) {
    let now = ContinuousClock.now
    state.withLock { state in
      switch event {
      case .started(let total):
        state.running.append(Work(name: name, unit: unit, total: total, started: now))
      case .advanced(let completed):
        guard let index = state.running.firstIndex(where: { $0.name == name }) else { return }
        state.running[index].completed = completed
      case .finished(let result):
        guard let index = state.running.firstIndex(where: { $0.name == name }) else { return }
        let work = state.running.remove(at: index)
        if detail == .log {
          let seconds = Self.seconds(now - work.started)
          Terminal.write("\(name)\(result.map { ": \($0)" } ?? "") (\(seconds) s)\n", to: .error)
        }
      }
      guard detail == .line else { return }
      if let drawn = state.drawn, now - drawn < .milliseconds(80), case .advanced = event { return }
      state.drawn = now
      let line = state.running.last.map { Self.line(of: $0, others: state.running.count - 1, now: now) } ?? ""
      Terminal.write("\r\u{1B}[K" + String(line.prefix(max(20, Terminal.width - 1))), to: .error)
      state.isVisible = !line.isEmpty
    }
  }

  private static func line(of work: Work, others: Int, now: ContinuousClock.Instant) -> String {
    var line = work.name
    switch (work.unit, work.total) {
    case (.items, let total?): line += " \(work.completed)/\(total)"
    case (.items, nil): break
    case (.bytes, let total):
      line += " " + ByteCount.text(work.completed) + (total.map { " of \(ByteCount.text($0))" } ?? "")
      let elapsed = Double((now - work.started) / .milliseconds(1)) / 1000
      if elapsed > 0.5, work.completed > 0 {
        let rate = Double(work.completed) / elapsed
        line += ", \(ByteCount.text(Int(rate)))/s"
        if let total, total > work.completed { line += ", \(Int(Double(total - work.completed) / rate) + 1) s left" }
      }
    }
    return others > 0 ? "\(line) (and \(others) more)" : line
  }

  private static func seconds(_ duration: Duration) -> String {
    let tenths = Int(duration / .milliseconds(100))
    return "\(tenths / 10).\(tenths % 10)"
  }
}
