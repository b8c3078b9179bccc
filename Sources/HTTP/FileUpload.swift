import Glibc

/// Reads the part of a file that is being sent.
final class FileUpload {
  private let part: HTTPRequest.FileBody
  private let progress: HTTPProgress?
  private let descriptor: Int32
  private var sent: Int64 = 0
  /// What went wrong with the file.
  private(set) var failure: HTTPError.Kind?

  init(_ part: HTTPRequest.FileBody, progress: HTTPProgress?) {
    self.part = part
    self.progress = progress
    descriptor = open(part.path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { fail(String(cString: strerror(errno))) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Fills the buffer, 0 at the end; `nil` if the file can't be read.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    guard failure == nil else { return nil }
    let wanted = Int(min(Int64(buffer.count), part.count - sent))
    guard wanted > 0 else { return 0 }
    var count = pread(descriptor, buffer.baseAddress, wanted, off_t(part.offset + sent))
    while count < 0 && errno == EINTR {
      count = pread(descriptor, buffer.baseAddress, wanted, off_t(part.offset + sent))
    }
    guard count > 0 else {
      fail(count == 0 ? "it is shorter than it was" : String(cString: strerror(errno)))
      return nil
    }
    sent += Int64(count)
    progress?(sent, part.count)
    return count
  }

  /// Goes back, as libcurl asks for when it has to send again on a fresh connection.
  func seek(to offset: Int64) -> Bool {
    guard (0...part.count).contains(offset) else { return false }
    sent = offset
    return true
  }

  private func fail(_ reason: String) { failure = .file(path: part.path, reason: reason) }
}
