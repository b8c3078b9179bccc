internal import Glibc

/// A queue between blocking threads: who adds waits while it is full, who takes waits while it is empty.
///
/// The first failure on either side ends it for both.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  private let capacity: Int
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  // Both are touched only with the mutex held.
  private var elements: [Element] = []
  private var isClosed = false
  private var firstFailure: LayerError?

  init(capacity: Int) {
    self.capacity = capacity
    mutex = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Adds an element, when there is room.
  func push(_ element: Element) throws(LayerError) {
    let failure = locked { () -> LayerError? in
      while elements.count >= capacity && firstFailure == nil { pthread_cond_wait(changed, mutex) }
      if let firstFailure { return firstFailure }
      elements.append(element)
      pthread_cond_broadcast(changed)
      return nil
    }
    if let failure { throw failure }
  }

  /// Takes the oldest element; nil when there will be none any more.
  func pop() -> Element? {
    locked {
      while elements.isEmpty && !isClosed && firstFailure == nil { pthread_cond_wait(changed, mutex) }
      if firstFailure != nil || elements.isEmpty { return nil }
      pthread_cond_broadcast(changed)
      return elements.removeFirst()
    }
  }

  /// Says that nothing will be added any more.
  func close() {
    locked {
      isClosed = true
      pthread_cond_broadcast(changed)
    }
  }

  /// Ends the queue on both sides.
  func fail(_ error: LayerError) {
    locked {
      if firstFailure == nil { firstFailure = error }
      pthread_cond_broadcast(changed)
    }
  }

  /// What ended the queue early.
  var failure: LayerError? { locked { firstFailure } }
}
