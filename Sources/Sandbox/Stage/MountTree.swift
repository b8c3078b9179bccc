internal import CLinux
internal import Glibc

/// A mount that is not yet anywhere (man 2 fsmount, man 2 open_tree).
struct MountTree {
  let descriptor: Descriptor

  /// A copy of what is mounted at a path of the host, with all below it.
  ///
  /// - Parameter attributes: Added to the source's own.
  static func clone(_ path: String, attributes: UInt64) throws(SandboxError) -> MountTree {
    let code = clinux_mount_clone(AT_FDCWD, path)
    let tree = MountTree(descriptor: Descriptor(try check(code, .mount, "find the source of a mount at", path)))
    try tree.add(attributes, path)
    return tree
  }

  /// A copy of what an open directory or file shows.
  static func clone(_ place: Descriptor, attributes: UInt64, path: String) throws(SandboxError) -> MountTree {
    let code = clinux_mount_clone(place.number, "")
    let tree = MountTree(descriptor: Descriptor(try check(code, .mount, "copy the mount at", path)))
    try tree.add(attributes, path)
    return tree
  }

  /// A new file system.
  static func make(
    _ type: String, _ options: KeyValuePairs<String, String?>, attributes: UInt64, stage: SandboxError.Stage = .mount,
    to operation: String, _ path: String
  ) throws(SandboxError) -> MountTree {
    let configuration = Descriptor(try check(clinux_filesystem_open(type), stage, operation, path))
    for (key, value) in options {
      try check(clinux_filesystem_set(configuration.number, key, value), stage, "\(operation) (option \(key))", path)
    }
    let code = clinux_filesystem_mount(configuration.number, attributes)
    return MountTree(descriptor: Descriptor(try check(code, stage, operation, path)))
  }

  /// An empty file system in memory.
  static func memory(
    limit: Int?, mode: UInt32, attributes: UInt64 = .noDevices | .noSetID, _ path: String
  ) throws(SandboxError) -> MountTree {
    let octal = String(mode, radix: 8)
    let operation = "mount memory on"
    if let limit {
      return try make("tmpfs", ["mode": octal, "size": String(limit)], attributes: attributes, to: operation, path)
    }
    return try make("tmpfs", ["mode": octal], attributes: attributes, to: operation, path)
  }

  /// Restricts the tree and all below it.
  func add(_ attributes: UInt64, _ path: String) throws(SandboxError) {
    guard attributes != 0 else { return }
    try check(clinux_mount_add_attributes(descriptor.number, attributes, 1), .mount, "restrict the mount of", path)
  }

  /// Puts the tree at a place.
  func attach(to place: Descriptor, _ path: String) throws(SandboxError) {
    try check(clinux_mount_attach(descriptor.number, place.number), .mount, "mount on", path)
  }
}

extension UInt64 {
  /// Refuses all writing.
  static var readOnly: UInt64 { clinux_mount_read_only }
  /// Gives set-user-id bits and file capabilities no effect.
  static var noSetID: UInt64 { clinux_mount_no_set_id }
  /// Gives device nodes no effect, so that one which is made somehow opens nothing.
  static var noDevices: UInt64 { clinux_mount_no_devices }
  /// Refuses to execute.
  static var noExecution: UInt64 { clinux_mount_no_execution }
}
