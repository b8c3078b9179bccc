import Packages
import Synchronization

/// The archives that wait to be unpacked, handed out the largest first so that no thread is left with a long one.
final class UnpackQueue: Sendable {
  private struct State {
    var waiting: [(pin: DebianPin, file: String)]
    var done = 0
  }
  private let state: Mutex<State>
  private let count: Int

  /// Queues pins with the paths of their archives.
  init(_ jobs: [(DebianPin, String)]) {
    state = Mutex(State(waiting: jobs.map { (pin: $0.0, file: $0.1) }.sorted { $0.pin.size < $1.pin.size }))
    count = jobs.count
  }

  /// Unpacks archives until none waits; it blocks, and a failure leaves nothing for the other threads either.
  func work(
    into tree: RootTree, exclusions: PathExclusions, progress: (@Sendable (DebianRootBuilder.Step) -> Void)?
  ) throws(DebianRootError) -> [UnpackedPackage] {
    var packages: [UnpackedPackage] = []
    do throws(DebianRootError) {
      while let (pin, file) = state.withLock({ $0.waiting.popLast() }) {
        var package = try UnpackedPackage(pin, archive: file)
        try package.unpack(into: tree, exclusions: exclusions)
        packages.append(package)
        let done = state.withLock { state in
          state.done += 1
          return state.done
        }
        progress?(.unpacking(packages: done, of: count))
      }
    } catch {
      state.withLock { $0.waiting = [] }
      throw error
    }
    return packages
  }
}
