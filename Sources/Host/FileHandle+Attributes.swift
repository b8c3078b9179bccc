internal import CLinux
internal import Glibc

extension FileHandle {
  /// Changes owner and group.
  public borrowing func changeOwner(uid: UInt32, gid: UInt32) throws(SystemError) {
    guard fchown(number, uid, gid) == 0 else { throw SystemError("change the owner of", path) }
  }

  /// Changes the permission bits.
  public borrowing func changeMode(_ mode: UInt32) throws(SystemError) {
    guard fchmod(number, mode) == 0 else { throw SystemError("change the mode of", path) }
  }

  /// Sets the time of the last change, in seconds since 1970.
  public borrowing func setModified(_ seconds: Int) throws(SystemError) {
    let time = timespec(tv_sec: seconds, tv_nsec: 0)
    guard futimens(number, [time, time]) == 0 else { throw SystemError("set the time of", path) }
  }

  /// Sets an extended attribute.
  public borrowing func setAttribute(_ name: String, _ value: [UInt8]) throws(SystemError) {
    guard fsetxattr(number, name, value, value.count, 0) == 0 else {
      throw SystemError("set the attribute \(name) of", path)
    }
  }
}

extension Files {
  /// The extended attributes of a path itself; none where the file system has none.
  public static func attributes(of path: String) throws(SystemError) -> [String: [UInt8]] {
    let length = llistxattr(path, nil, 0)
    if length == 0 || (length < 0 && errno == ENOTSUP) { return [:] }
    var names = [CChar](repeating: 0, count: max(0, length))
    guard length > 0, llistxattr(path, &names, names.count) == length else {
      throw SystemError("list the attributes of", path)
    }
    var attributes: [String: [UInt8]] = [:]
    for name in names.split(separator: 0) {
      let name = String(decoding: name.map(UInt8.init(bitPattern:)), as: UTF8.self)
      let size = lgetxattr(path, name, nil, 0)
      var value = [UInt8](repeating: 0, count: max(0, size))
      guard size >= 0, lgetxattr(path, name, &value, value.count) == size else {
        throw SystemError("read the attribute \(name) of", path)
      }
      attributes[name] = value
    }
    return attributes
  }
}
