internal import CLinux
internal import Glibc

/// A file system in memory that holds what the sandbox is put together from, until the root is changed.
///
/// It lies over a directory of the host, in this mount namespace only: nothing is written to a disk, and nothing is left
/// if this process is killed.
final class Scaffold {
  private let directory: Descriptor
  private var files = 0

  /// Lays the scaffold over a directory.
  init(over path: String) throws(SandboxError) {
    let place = try Descriptor.open(path, clinux_open_place | O_DIRECTORY, stage: .root, to: "open the root directory")
    try MountTree.memory(limit: 1 << 26, mode: 0o700, path).attach(to: place, path)
    directory = try .open(path, clinux_open_place | O_DIRECTORY, stage: .root, to: "open the scaffold over")
  }

  /// Makes a directory and mounts a tree on it.
  func mount(_ tree: MountTree, as name: String) throws(SandboxError) -> Descriptor {
    try tree.attach(to: try makeDirectory(name), name)
    return try open(name, clinux_open_place | O_DIRECTORY)
  }

  /// Makes a file of its own for a mount.
  func file(_ contents: String, mode: UInt32, for target: String) throws(SandboxError) -> Descriptor {
    files += 1
    let name = "file-\(files)"
    let flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC
    let code = openat(directory.number, name, flags, mode)
    let file = Descriptor(try checkErrno(code, .mount, "create the file for", target))
    try file.write(Array(contents.utf8))
    return try open(name, clinux_open_place)
  }

  private func makeDirectory(_ name: String) throws(SandboxError) -> Descriptor {
    try checkErrno(mkdirat(directory.number, name, 0o755), .root, "create the directory", name)
    return try open(name, clinux_open_place | O_DIRECTORY)
  }

  private func open(_ name: String, _ flags: Int32) throws(SandboxError) -> Descriptor {
    Descriptor(try checkErrno(openat(directory.number, name, flags | O_CLOEXEC), .root, "open in the scaffold", name))
  }
}
