internal import Glibc
public import Host
public import OCI
internal import Synchronization
internal import Trust

/// A blob that is still being received, with a journal of its bytes that outlives the process.
///
/// Pieces may come in any order. Each is written to `ingest/ALGORITHM-HEX.part` and then noted in a file beside it, so that
/// whoever continues after a `kill -9` asks for no byte that is noted. The digest is computed behind the writers, in order.
/// One process at a time holds the file; others wait, and then find the blob in the store.
///
///     write(_:at:) ─▶ .part ─▶ .journal ─▶ ranges ─▶ digest() reads what lies there without a gap
public final class PartialBlob: Sendable {
  /// What the blob has to be.
  public let digest: Digest
  /// Its length in bytes.
  public let size: Int
  private let store: ContentStore
  private let files: Files
  private let state = Mutex(State())
  private let advanced = Signal()

  private struct State: Sendable {
    var ranges = ByteRanges()
    /// Counts how often everything was thrown away: whoever hashes has to start anew then.
    var generation = 0
    var isGivenUp = false
  }

  /// The open files, which can't be copied.
  private final class Files: Sendable {
    let part: FileHandle
    let journal: FileHandle

    init(part: consuming FileHandle, journal: consuming FileHandle) {
      self.part = part
      self.journal = journal
    }
  }

  private init(
    _ digest: Digest, size: Int, store: ContentStore, part: consuming FileHandle, journal: consuming FileHandle
  ) {
    self.digest = digest
    self.size = size
    self.store = store
    files = Files(part: part, journal: journal)
  }

  /// Opens a blob to receive, or what another run left of it; `nil` if the store has it by now.
  ///
  /// It blocks while another process receives the same blob.
  public static func open(_ digest: Digest, size: Int, in store: ContentStore) throws(ImageError) -> PartialBlob? {
    let path = "\(store.root)/ingest/\(digest.algorithm.rawValue)-\(digest.hex)"
    try hosted { () throws(SystemError) in try Host.Files.createDirectory(store.root + "/ingest") }
    while true {
      if store.contains(digest) { return nil }
      let part = try hosted { () throws(SystemError) in try FileHandle(writing: path + ".part", .keep) }
      let isMine = try hosted { () throws(SystemError) in
        _ = try part.lock(waiting: true)
        // While this one waited, the holder may have given the file its final name.
        let named = try? FileStatus(of: path + ".part").identity
        return try FileStatus(of: "/proc/self/fd/\(part.number)", followingLink: true).identity == named
      }
      guard isMine else { continue }
      let journal = try hosted { () throws(SystemError) in try FileHandle(writing: path + ".journal", .append) }
      let blob = PartialBlob(digest, size: size, store: store, part: part, journal: journal)
      try blob.readJournal()
      return blob
    }
  }

  // MARK: Receiving

  /// What is not there yet, in order.
  public var missing: [Range<Int>] { state.withLock { $0.ranges.missing(of: size) } }

  /// How many bytes are there.
  public var received: Int { state.withLock { $0.ranges.count } }

  /// Writes bytes to their place and notes them.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      let count = pwrite(
        files.part.number, bytes.baseAddress.map { $0 + written }, bytes.count - written, off_t(offset + written))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw SystemError("write", files.part.path) }
      written += count
    }
    try files.journal.write(Array("\(offset) \(bytes.count)\n".utf8))
    let hasAdvanced = state.withLock { state in
      let before = state.ranges.prefix
      state.ranges.insert(offset..<offset + bytes.count)
      return state.ranges.prefix > before
    }
    if hasAdvanced { advanced.post() }
  }

  /// Throws away what is there, to start anew.
  public func reset() throws(SystemError) {
    try files.journal.truncate(to: 0)
    try files.part.truncate(to: 0)
    state.withLock { state in
      state.ranges = ByteRanges()
      state.generation += 1
    }
    advanced.post()
  }

  /// Ends ``computeDigest()`` before all bytes are there.
  public func giveUp() {
    state.withLock { $0.isGivenUp = true }
    advanced.post()
  }

  /// Hashes the bytes behind their writers until all are there, `nil` if they will never be; it blocks.
  public func computeDigest() throws(SystemError) -> Digest? {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    var hash = ContentHash(digest.algorithm)
    var position = 0
    var generation = 0
    while true {
      let now = state.withLock { ($0.ranges.prefix, $0.generation, $0.isGivenUp) }
      if now.1 != generation {
        hash = ContentHash(digest.algorithm)
        position = 0
        generation = now.1
        continue
      }
      if position == size { return hash.finish() }
      guard now.0 > position else {
        if now.2 { return nil }
        advanced.wait()
        continue
      }
      let wanted = min(buffer.count, now.0 - position, size - position)
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
      let count = try files.part.read(into: part, at: position)
      guard count > 0 else { throw SystemError("read", files.part.path, code: EIO) }
      hash.update(UnsafeRawBufferPointer(rebasing: part[..<count]))
      position += count
    }
  }

  // MARK: The end

  /// Gives the file its place in the store, when its digest is known to be right.
  public func commit() throws(ImageError) {
    try store.adopt(files.part.path, as: digest)
    try hosted { () throws(SystemError) in try Host.Files.remove(files.journal.path) }
  }

  /// Removes the files.
  public func discard() {
    // The journal goes first: without it nobody believes the other file.
    try? Host.Files.remove(files.journal.path)
    try? Host.Files.remove(files.part.path)
  }

  // MARK: The journal

  /// Believes the journal as far as it makes sense and the file is long enough; a torn last line is cut off.
  private func readJournal() throws(ImageError) {
    try hosted { () throws(SystemError) in
      let text = try Host.Files.read(files.journal.path, limit: 1 << 28)
      let length = try files.part.size()
      guard let journal = BlobJournal(parsing: text), journal.end <= min(length, size) else { return try reset() }
      if journal.length < text.count { try files.journal.truncate(to: journal.length) }
      state.withLock { $0.ranges = journal.ranges }
    }
  }
}

/// The notes on what was received of one blob: a line `OFFSET LENGTH` for each piece.
public struct BlobJournal: Sendable {
  let ranges: ByteRanges
  /// How many bytes of the text make sense.
  let length: Int
  /// Whether a byte was noted twice, which means that it was fetched twice.
  public let hasRepetition: Bool

  /// Reads the notes up to the last whole line; `nil` if a line before that makes no sense.
  public init?(parsing text: [UInt8]) {
    var ranges = ByteRanges()
    var length = 0
    var hasRepetition = false
    while let end = text[length...].firstIndex(of: 10) {
      let words = text[length..<end].split(separator: 0x20, omittingEmptySubsequences: false)
      guard words.count == 2, let offset = Int(String(decoding: words[0], as: UTF8.self)),
        let count = Int(String(decoding: words[1], as: UTF8.self)), offset >= 0, count >= 0,
        !offset.addingReportingOverflow(count).overflow
      else { return nil }
      if !ranges.insert(offset..<offset + count) { hasRepetition = true }
      length = end + 1
    }
    self.ranges = ranges
    self.length = length
    self.hasRepetition = hasRepetition
  }

  /// The offset behind the last byte.
  var end: Int { ranges.ranges.last?.upperBound ?? 0 }
}

/// Wakes one thread that waits for another.
private final class Signal: Sendable {
  private nonisolated(unsafe) let semaphore: UnsafeMutablePointer<sem_t> = {
    let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
    return semaphore
  }()

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func post() { sem_post(semaphore) }

  func wait() { while sem_wait(semaphore) != 0 && errno == EINTR {} }
}
