internal import CLinux
internal import Glibc
internal import Host

/// The root of the sandbox while it is seen from outside: paths below it are opened so that nothing leads out.
struct RootDirectory: ~Copyable {
  let descriptor: Descriptor
  /// Where the files of mounts lie.
  let scaffold: Scaffold
  /// Held open as long as the sandbox lives, where the root is not to be shared.
  let lock: Descriptor?
  /// What was made to have something to mount on, by its path inside, in order.
  private(set) var created: [String] = []

  /// What a place for a mount has to be.
  enum Kind {
    case directory, file
  }

  /// Takes the directory that will be `/`, on which its tree is mounted already.
  init(_ descriptor: Descriptor, scaffold: Scaffold, lock: Descriptor? = nil) {
    self.lock = lock
    self.descriptor = descriptor
    self.scaffold = scaffold
  }

  /// Opens a place that may not exist.
  func find(_ path: String) -> Descriptor? {
    let code = clinux_open_in_root(descriptor.number, path, clinux_open_place, 0)
    return code < 0 ? nil : Descriptor(code)
  }

  /// Opens a place to mount on, which is made when it is missing, also where a dangling link points to.
  mutating func place(_ target: String, _ kind: Kind, links: Int = 0) throws(SandboxError) -> Descriptor {
    let path = Path.normalize("/" + target)
    let flags = clinux_open_place | (kind == .directory ? O_DIRECTORY : 0)
    var code = clinux_open_in_root(descriptor.number, path, flags, 0)
    if code == -ENOENT {
      try create(path, kind, links: links)
      code = clinux_open_in_root(descriptor.number, path, flags, 0)
    }
    return Descriptor(try check(code, .mount, "open the place to mount on", path))
  }

  private mutating func create(_ path: String, _ kind: Kind, links: Int) throws(SandboxError) {
    let parentPath = Path.parent(path) ?? "/"
    let dangling = clinux_open_in_root(descriptor.number, path, clinux_open_place | O_NOFOLLOW, 0)
    if dangling >= 0 {
      let link = Descriptor(dangling)
      guard links < 8 else { throw SandboxError(.mount, "follow the links at", path, code: ELOOP) }
      _ = try place(Path.join(parentPath, try link.linkTarget(path)), kind, links: links + 1)
      return
    }
    let parent = try place(parentPath, .directory, links: links)
    let name = Path.name(path)
    if kind == .directory {
      try checkErrno(mkdirat(parent.number, name, 0o755), .mount, "create the directory", path)
    } else {
      let flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC
      _ = Descriptor(try checkErrno(openat(parent.number, name, flags, 0o644), .mount, "create the file", path))
    }
    created.append(path)
  }
}
