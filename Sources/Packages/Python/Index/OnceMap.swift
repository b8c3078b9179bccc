import Synchronization

/// Does each piece of work once, however many ask for it at the same time.
final class OnceMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  // Two tasks may ask for one key at the same moment: the second has to find the first one's task.
  private let tasks = Mutex<[Key: Task<Value, any Error>]>([:])

  /// The value of a key; work that failed is done again for the next who asks.
  func value(for key: Key, _ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let task = tasks.withLock { tasks in
      if let running = tasks[key] { return running }
      let started = Task { try await work() }
      tasks[key] = started
      return started
    }
    do {
      return try await task.value
    } catch {
      tasks.withLock { tasks in
        if tasks[key] == task { tasks[key] = nil }
      }
      throw error
    }
  }
}
