internal import CLinux
internal import Glibc

/// A full copy of a tree, for file systems that can't carry an overlay.
///
/// Owners, modes, times, links and hard links stay as they are; device nodes and sockets are left out, as nothing in a
/// sandbox could open them. Names are bytes that end in a zero: a file system asks for no encoding.
struct TreeCopy {
  private typealias Name = [CChar]

  private struct Inode: Hashable {
    let device: UInt
    let number: UInt
  }

  private let source: Descriptor
  private let parent: Descriptor
  private let name: String

  /// Copies a directory to a new name in another; a copy that was finished there is used again.
  init(of source: Descriptor, into parent: Descriptor, named name: String) {
    self.source = source
    self.parent = parent
    self.name = name
  }

  /// Makes the copy and returns its directory.
  func run() throws(SandboxError) -> Descriptor {
    let mark = "\(name).complete"
    let copy = Array(name.utf8CString)
    if faccessat(parent.number, mark, F_OK, 0) != 0 {
      var seen: [Inode: Name] = [:]
      try copyDirectory(try open(source, [46, 0], O_RDONLY | O_DIRECTORY), into: parent, as: copy, path: copy, &seen)
      let code = openat(parent.number, mark, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
      _ = Descriptor(try checkErrno(code, .root, "mark the copy", mark))
    }
    return try open(parent, copy, clinux_open_place | O_DIRECTORY)
  }

  /// - Parameter path: Where the copy is, from the directory of the whole copy.
  private func copyDirectory(
    _ from: Descriptor, into target: Descriptor, as name: Name, path: Name, _ seen: inout [Inode: Name]
  ) throws(SandboxError) {
    try checkErrno(mkdirat(target.number, name, 0o700), .root, "create the directory", Self.text(path))
    let directory = try open(target, name, O_RDONLY | O_DIRECTORY)
    for entry in try Self.names(in: from) {
      let inner = path.dropLast() + [CChar(bitPattern: UInt8(ascii: "/"))] + entry
      var status = stat()
      try checkErrno(fstatat(from.number, entry, &status, AT_SYMLINK_NOFOLLOW), .root, "examine", Self.text(inner))
      if status.st_mode & S_IFMT == S_IFDIR {
        let next = try open(from, entry, O_RDONLY | O_DIRECTORY)
        try copyDirectory(next, into: directory, as: entry, path: Array(inner), &seen)
        continue
      }
      let inode = Inode(device: UInt(status.st_dev), number: UInt(status.st_ino))
      if status.st_nlink > 1, let first = seen[inode] {
        try checkErrno(linkat(parent.number, first, directory.number, entry, 0), .root, "link", Self.text(inner))
      } else if try copyEntry(entry, status, from: from, to: directory, Array(inner)), status.st_nlink > 1 {
        seen[inode] = Array(inner)
      }
    }
    var status = stat()
    try checkErrno(fstat(from.number, &status), .root, "examine", Self.text(path))
    try Self.setAttributes(status, of: name, in: target, path)
    try Self.copyAttributes(of: from, to: directory, path)
  }

  /// Copies what is not a directory; false for what a copy leaves out.
  private func copyEntry(
    _ entry: Name, _ status: stat, from: Descriptor, to target: Descriptor, _ path: Name
  ) throws(SandboxError) -> Bool {
    switch status.st_mode & S_IFMT {
    case S_IFLNK:
      let text = try from.linkBytes(entry, Self.text(path))
      try checkErrno(symlinkat(text, target.number, entry), .root, "create the link", Self.text(path))
    case S_IFREG:
      let reading = try open(from, entry, O_RDONLY)
      let code = openat(target.number, entry, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0o600)
      let writing = Descriptor(try checkErrno(code, .root, "create the file", Self.text(path)))
      while true {
        let count = sendfile(writing.number, reading.number, nil, 1 << 30)
        try checkErrno(Int32(clamping: count), .root, "copy the file", Self.text(path))
        if count == 0 { break }
      }
      try Self.setOwner(status, of: entry, in: target, path)
      try Self.copyAttributes(of: reading, to: writing, path)
    case S_IFIFO:
      try checkErrno(mkfifoat(target.number, entry, 0o600), .root, "create the pipe", Self.text(path))
    default:
      return false
    }
    try Self.setAttributes(status, of: entry, in: target, path)
    return true
  }

  /// Copies the attributes that are part of an image: capabilities, and those of users.
  private static func copyAttributes(of source: Descriptor, to target: Descriptor, _ path: Name) throws(SandboxError) {
    let size = flistxattr(source.number, nil, 0)
    guard size > 0 else { return }
    var names = [CChar](repeating: 0, count: size)
    try checkErrno(Int32(flistxattr(source.number, &names, size)), .root, "list the attributes of", text(path))
    for name in names.split(separator: 0) {
      let text = String(decoding: name.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard text == "security.capability" || text.hasPrefix("user.") && !text.hasPrefix("user.overlay.") else {
        continue
      }
      let length = fgetxattr(source.number, text, nil, 0)
      var value = [UInt8](repeating: 0, count: max(0, length))
      guard length >= 0, fgetxattr(source.number, text, &value, length) == length,
        fsetxattr(target.number, text, value, length, 0) == 0
      else { throw SandboxError(.root, "copy the attribute \(text) of", Self.text(path), code: errno) }
    }
  }

  private static func setOwner(
    _ status: stat, of name: Name, in directory: Descriptor, _ path: Name
  ) throws(SandboxError) {
    // EINVAL: an owner that doesn't exist in this user namespace; it can't be kept.
    if fchownat(directory.number, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0 && errno != EINVAL {
      throw SandboxError(.root, "set the owner of", text(path), code: errno)
    }
  }

  private static func setAttributes(
    _ status: stat, of name: Name, in directory: Descriptor, _ path: Name
  ) throws(SandboxError) {
    let flags = AT_SYMLINK_NOFOLLOW
    // A file has its owner already: setting it again would take away its capabilities.
    if status.st_mode & S_IFMT != S_IFREG { try setOwner(status, of: name, in: directory, path) }
    if status.st_mode & S_IFMT != S_IFLNK {
      try checkErrno(fchmodat(directory.number, name, status.st_mode & 0o7777, 0), .root, "set the mode of", text(path))
    }
    let times = [status.st_atim, status.st_mtim]
    try checkErrno(utimensat(directory.number, name, times, flags), .root, "set the times of", text(path))
  }

  private func open(_ directory: Descriptor, _ name: Name, _ flags: Int32) throws(SandboxError) -> Descriptor {
    let code = openat(directory.number, name, flags | O_NOFOLLOW | O_CLOEXEC)
    return Descriptor(try checkErrno(code, .root, "open for the copy", Self.text(name)))
  }

  private static func text(_ name: Name) -> String {
    String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func names(in directory: Descriptor) throws(SandboxError) -> [Name] {
    let own = try checkErrno(fcntl(directory.number, F_DUPFD_CLOEXEC, 3), .root, "read a directory")
    guard let stream = fdopendir(own) else {
      close(own)
      throw SandboxError(.root, "read a directory", code: errno)
    }
    defer { closedir(stream) }
    var names: [Name] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.bindMemory(to: CChar.self).prefix { $0 != 0 }) }
      if name != [46] && name != [46, 46] { names.append(name + [0]) }
    }
    return names
  }
}
