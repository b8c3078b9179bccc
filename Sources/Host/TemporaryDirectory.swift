internal import Glibc

/// A directory that goes when its owner goes, also when the owner was killed.
///
/// Each is named after its process and locked; whoever makes the next one in the same parent removes those whose lock
/// is free, so a `kill -9` leaves nothing for long.
public final class TemporaryDirectory: Sendable {
  /// The absolute path.
  public let path: String
  private let lock: LockBox

  private final class LockBox: Sendable {
    let handle: FileHandle
    init(_ handle: consuming FileHandle) { self.handle = handle }
  }

  /// Makes a fresh directory below `parent`, which is created when missing.
  public init(in parent: String? = nil, prefix: String = "drydock") throws(SystemError) {
    let base = parent ?? Environment.temporaryDirectory
    try Files.createDirectory(base)
    Self.removeAbandoned(in: base, prefix: prefix)
    while true {
      let name = "\(base)/\(prefix)-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
      // The lock comes first: a directory whose lock were still free would look abandoned to others.
      let handle = try FileHandle(writing: name + ".lock", .keep, mode: 0o600)
      _ = try handle.lock(waiting: true)
      // Somebody may have taken the lock in between and the file with it.
      guard Files.exists(name + ".lock") else { continue }
      guard mkdir(name, 0o700) == 0 else {
        let error = SystemError("create the directory", name)
        unlink(name + ".lock")
        if error.code == EEXIST { continue }
        throw error
      }
      path = name
      lock = LockBox(handle)
      return
    }
  }

  /// Removes the directory now.
  public func remove() {
    try? Files.remove(path)
    unlink(path + ".lock")
  }

  deinit { remove() }

  /// Removes directories below `base` whose owner was killed.
  public static func removeAbandoned(in base: String, prefix: String) {
    for name in (try? Files.list(base)) ?? [] where name.hasPrefix(prefix + "-") && name.hasSuffix(".lock") {
      let path = "\(base)/\(name)"
      guard let handle = try? FileHandle(writing: path, .keep), (try? handle.lock(waiting: false)) == true else {
        continue
      }
      let directory = String(path.dropLast(5))
      try? Files.remove(directory)
      // What another user left stays for that one to find.
      if !Files.exists(directory) { unlink(path) }
    }
  }
}
