import Glibc
import Host

/// A file that somebody named for results.
///
/// An ordinary one appears whole or not at all, where its links lead. What is no ordinary file, such as a device or a pipe, is
/// written to as it comes; so is an ordinary one that can't be replaced, such as one that is mounted.
struct OutputFile {
  private let path: String
  /// Where it is written until it is whole; nil for what is written to as it is.
  private var temporary: String?

  /// Looks at what is there.
  ///
  /// - Throws: What would be known only when the work is done: it is a directory, or the folder for it is missing.
  init(_ path: String) throws(SystemError) {
    let status = try? FileStatus(of: path, followingLink: true)
    if path.isEmpty { throw SystemError("write", path, code: ENOENT) }
    if status?.kind == .directory { throw SystemError("write", path, code: EISDIR) }
    // The kernel's own names of open files lead to a file whose place nobody may give to another.
    let isSpecial = Self.isKernels(path) || status.map { $0.kind != .file } ?? false
    guard !isSpecial else {
      self.path = path
      return
    }
    self.path = status == nil ? path : try Files.resolve(path)
    let folder = Path.parent(self.path) ?? "."
    guard Files.isDirectory(folder) else { throw SystemError("write", path, code: ENOENT) }
    let isReplaceable = access(folder, W_OK | X_OK) == 0
    if !isReplaceable, access(self.path, W_OK) != 0 { throw SystemError("write", path, code: EACCES) }
    if isReplaceable { temporary = "\(self.path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp" }
  }

  /// Whether a name is the kernel's for a file that is open; below `/dev/shm` lie ordinary ones.
  private static func isKernels(_ path: String) -> Bool {
    path.hasPrefix("/proc/") || path.hasPrefix("/dev/") && !path.hasPrefix("/dev/shm/")
  }

  /// Opens it for writing.
  func open() throws(SystemError) -> FileHandle {
    if let temporary { return try FileHandle(writing: temporary, .exclusive) }
    let isFile = Files.isFile(path) && !Self.isKernels(path)
    let number = Glibc.open(path, O_WRONLY | O_CLOEXEC | (isFile ? O_TRUNC : O_APPEND))
    guard number >= 0 else { throw SystemError("write", path) }
    return FileHandle(adopting: number, path: path)
  }

  /// Gives what was written its name.
  func commit() throws(SystemError) {
    guard let temporary else { return }
    do { try Files.rename(temporary, to: path) } catch {
      // A mount point keeps its name: its content changes instead.
      guard error.code == EBUSY else {
        discard()
        throw error
      }
      defer { discard() }
      let source = try FileHandle(reading: temporary)
      let target = try FileHandle(writing: path, .truncate)
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
      defer { buffer.deallocate() }
      while true {
        let count = try source.read(into: buffer)
        if count == 0 { return }
        try target.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }

  /// Removes what was written before it got its name.
  func discard() {
    if let temporary { try? Files.remove(temporary) }
  }

  /// Writes a whole text.
  func write(_ text: String) throws(SystemError) {
    do throws(SystemError) {
      let file = try open()
      try file.write(Array(text.utf8))
    } catch {
      discard()
      throw error
    }
    try commit()
  }
}
