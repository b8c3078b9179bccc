internal import Glibc
public import HTTP
internal import Host
internal import OCI
internal import Synchronization
internal import Trust

/// An answer on its way: hashed and written to a file as it comes, while any number of connections follow it.
public final class LiveAnswer: HTTPBodySink {
  /// What is known of it at a moment.
  struct Progress: Sendable {
    /// Status and fields, once they are there.
    var head: (status: Int, headers: HTTPHeaders)?
    /// How many bytes of the body the file holds.
    var count = 0
    /// How it ended, once it has.
    var end: Result<RecordedRequest.Body?, HTTPError>?
  }

  private struct State: ~Copyable {
    var progress = Progress()
    var hash: SHA256? = SHA256()
    var waiting: [CheckedContinuation<Progress, Never>] = []
  }

  /// The file of the body.
  let file: FileHandle
  private let limit: Int
  private let state = Mutex(State())

  /// Starts an answer whose body goes into a new file, up to a limit in bytes.
  init(at path: String, limit: Int) throws(SystemError) {
    file = try FileHandle(writing: path, .exclusive)
    self.limit = limit
  }

  /// What is known, as soon as it is more than what was known before.
  func progress(after known: Progress?) async -> Progress {
    await withCheckedContinuation { continuation in
      let now = state.withLock { state -> Progress? in
        let now = state.progress
        if let known, now.count == known.count, (now.head == nil) == (known.head == nil), now.end == nil {
          state.waiting.append(continuation)
          return nil
        }
        return now
      }
      if let now { continuation.resume(returning: now) }
    }
  }

  /// The end of the answer.
  func end() async -> Result<RecordedRequest.Body?, HTTPError> {
    var progress: Progress?
    while true {
      progress = await self.progress(after: progress)
      if let end = progress?.end { return end }
    }
  }

  /// Notes that the transfer is over.
  func finish(_ failure: HTTPError?) {
    update { state in
      let digest = state.hash.take()?.finish()
      if let failure {
        state.progress.end = .failure(failure)
      } else if let digest, let status = state.progress.head?.status, (200...299).contains(status) {
        state.progress.end = .success(.init(digest: digest, size: state.progress.count))
      } else {
        state.progress.end = .success(nil)
      }
    }
  }

  private func update(_ change: (inout State) -> Void) {
    let (waiting, progress) = state.withLock { state in
      change(&state)
      defer { state.waiting = [] }
      return (state.waiting, state.progress)
    }
    for continuation in waiting { continuation.resume(returning: progress) }
  }

  // MARK: The sink

  /// Notes status and fields; the body of an error is left to the client.
  public func begin(status: Int, headers: HTTPHeaders) -> HTTPBodyDecision {
    update { $0.progress.head = (status, headers) }
    return (200...299).contains(status) ? .take : .leave
  }

  /// Writes and hashes the next bytes.
  public func receive(_ bytes: UnsafeRawBufferPointer) -> HTTPError.Kind? {
    guard state.withLock({ $0.progress.count }) + bytes.count <= limit else { return .tooLarge(limit: Int64(limit)) }
    do { try file.write(bytes) } catch { return .file(path: error.path, reason: error.description) }
    update { state in
      state.hash?.update(bytes)
      state.progress.count += bytes.count
    }
    return nil
  }
}
