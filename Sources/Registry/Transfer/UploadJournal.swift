import HTTP
import Host
import Images
import JSON
import OCI
import Trust

/// A note on an upload that has begun, so that the next run goes on with it if this one is killed.
///
/// Its owner alone can read it: the address in it may be all that somebody needs to write there. One process at a time
/// has it; another one that sends the same blob to the same place does without.
final class UploadJournal: Sendable {
  private let path: String
  private let lock: Lock

  private final class Lock: Sendable {
    let handle: FileHandle
    init(_ handle: consuming FileHandle) { self.handle = handle }
  }

  /// Opens the note for a blob and a repository; `nil` if another process has it.
  init?(_ digest: Digest, to repository: String, in store: ContentStore) {
    let name = SHA256.digest(of: "\(repository)@\(digest)".utf8).hex
    path = "\(store.root)/uploads/\(name).json"
    do throws(SystemError) {
      try Files.createDirectory(store.root + "/uploads", mode: 0o700)
      let handle = try FileHandle(writing: path + ".lock", .keep, mode: 0o600)
      guard try handle.lock(waiting: false) else { return nil }
      lock = Lock(handle)
    } catch { return nil }
  }

  /// The upload that another run began.
  var session: UploadSession? {
    guard let bytes = try? Files.read(path, limit: 1 << 16), let json = try? JSONValue(parsing: bytes),
      let location = json["location"]?.string.flatMap({ try? HTTPURL(parsing: $0) })
    else { return nil }
    return UploadSession(location: location, offset: 0, leastChunk: json["leastChunk"]?.integer ?? 0)
  }

  /// Notes where the upload goes on; a note that can't be written costs a later run time and nothing else.
  func write(_ session: UploadSession) {
    let json = JSONValue.object([
      "leastChunk": .integer(session.leastChunk), "location": .string(session.location.text),
    ])
    try? Files.write(json.text(), to: path, mode: 0o600)
  }

  /// Forgets the upload.
  func remove() {
    try? Files.remove(path)
    try? Files.remove(path + ".lock")
  }
}
