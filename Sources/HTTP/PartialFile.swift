import Host
import OCI
import Trust

/// A file that is still being received, locked against other processes that receive the same.
final class PartialFile: Sendable {
  /// Where the file lies until it is whole.
  let path: String
  private let target: String
  private let handle: Box

  /// Keeps the handle, which can't be copied, in a place that many can see.
  private final class Box: Sendable {
    let file: FileHandle
    init(_ file: consuming FileHandle) { self.file = file }
  }

  /// Opens `PATH.part`; if another process is at it, a file of its own.
  init(for target: String) throws(SystemError) {
    self.target = target
    if let parent = Path.parent(target) { try Files.createDirectory(parent) }
    let shared = target + ".part"
    let file = try FileHandle(writing: shared, .keep)
    // Between opening and locking, whoever held the lock may have given the file its final name.
    if try file.lock(waiting: false), try Self.isNamed(file, shared) {
      path = shared
      handle = Box(file)
    } else {
      path = "\(target).\(UInt64.random(in: 0...UInt64.max)).part"
      handle = Box(try FileHandle(writing: path, .exclusive))
    }
  }

  private static func isNamed(_ file: borrowing FileHandle, _ path: String) throws(SystemError) -> Bool {
    guard let named = try? FileStatus(of: path) else { return false }
    return try FileStatus(of: "/proc/self/fd/\(file.number)", followingLink: true).identity == named.identity
  }

  /// The open file; valid as long as this object is.
  var descriptor: Int32 { handle.file.number }

  func size(for url: HTTPURL) throws(HTTPError) -> Int64 {
    do { return Int64(try handle.file.size()) } catch { throw failure(error, url) }
  }

  func empty(for url: HTTPURL) throws(HTTPError) {
    do { try handle.file.truncate(to: 0) } catch { throw failure(error, url) }
  }

  /// The digest of what is there, read on a thread that may block.
  func digest(for url: HTTPURL) async throws(HTTPError) -> Digest {
    do {
      return try await BlockingPool.run { [path] () throws(SystemError) in try SHA256.digest(ofFile: path).digest }
    } catch {
      throw failure(error, url)
    }
  }

  /// Gives the file its final name.
  func commit(for url: HTTPURL) throws(HTTPError) {
    do { try Files.rename(path, to: target) } catch { throw failure(error, url) }
  }

  /// Removes the file.
  func discard() { try? Files.remove(path) }

  private func failure(_ error: SystemError, _ url: HTTPURL) -> HTTPError {
    HTTPError(.file(path: path, reason: "\(error)"), at: url)
  }
}
