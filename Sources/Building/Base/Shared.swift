internal import Synchronization

/// A value that is made once, when the first one asks for it: most builds need no base unpacked and no builder of sources.
final class Shared<Value: Sendable>: Sendable {
  private let make: @Sendable () async throws -> Value
  private let task = Mutex<Task<Value, any Error>?>(nil)

  init(_ make: @escaping @Sendable () async throws -> Value) { self.make = make }

  func value() async throws -> Value {
    let task = task.withLock { task in
      if let task { return task }
      let new = Task { [make] in try await make() }
      task = new
      return new
    }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      // Whoever waits for it belongs to the same build.
      task.cancel()
    }
  }
}
