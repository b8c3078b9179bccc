internal import Glibc
internal import Host

/// A control group around one sandbox, for the limits that hold for all its processes together.
///
/// In version 2 of control groups it is one directory, in version 1 one a controller (man 7 cgroups).
final class ControlGroup: Sendable {
  private static let prefix = "drydock-"

  /// The directories of the group.
  let directories: [String]

  /// Makes a group with limits.
  ///
  /// - Parameters:
  ///   - root: Where control groups are mounted.
  ///   - membership: The text of `/proc/self/cgroup`: new groups are made below the caller's own, or above it where
  ///     version 2 has the controllers only there.
  init(_ limits: [Limit], root: String, membership: String) throws(SandboxError) {
    let name = "\(Self.prefix)\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    var made: [String: String] = [:]
    do throws(SandboxError) {
      for limit in limits {
        let place = try limit.place(root: root, membership: membership)
        let directory = "\(place.directory)/\(name)"
        if made[place.directory] == nil {
          Self.removeAbandoned(in: place.directory)
          try checkErrno(mkdir(directory, 0o755), .limits, "create the control group", directory)
          made[place.directory] = directory
        }
        try Self.write("\(limit.value)", "\(directory)/\(place.file)")
      }
    } catch {
      for directory in made.values { rmdir(directory) }
      throw error
    }
    directories = made.values.sorted()
  }

  deinit { remove() }

  /// Puts a process into the group, with all children that it will have.
  func add(_ process: pid_t) throws(SandboxError) {
    for directory in directories { try Self.write("\(process)", "\(directory)/cgroup.procs") }
  }

  /// Removes the group once its processes are gone.
  func remove() {
    for directory in directories { rmdir(directory) }
  }

  /// Removes groups whose maker was killed.
  private static func removeAbandoned(in directory: String) {
    for name in (try? Files.list(directory)) ?? [] where name.hasPrefix(prefix) {
      let owner = name.dropFirst(prefix.count).prefix { $0 != "-" }
      if let process = pid_t(owner), kill(process, 0) != 0, errno == ESRCH { rmdir("\(directory)/\(name)") }
    }
  }

  private static func write(_ text: String, _ path: String) throws(SandboxError) {
    let file = try Descriptor.open(path, O_WRONLY, stage: .limits, to: "open")
    let count = Array(text.utf8).withUnsafeBytes { Glibc.write(file.number, $0.baseAddress, $0.count) }
    try checkErrno(Int32(count), .limits, "write \(text) to", path)
  }
}

extension ControlGroup {
  /// One limit of a group.
  enum Limit: Equatable {
    /// Memory in bytes.
    case memory(Int)
    /// The number of processes and threads.
    case processes(Int)

    var value: Int {
      switch self {
      case .memory(let value), .processes(let value): value
      }
    }

    private var controller: String {
      switch self {
      case .memory: "memory"
      case .processes: "pids"
      }
    }

    private var fileOfVersion1: String {
      switch self {
      case .memory: "memory.limit_in_bytes"
      case .processes: "pids.max"
      }
    }

    /// Where a group with this limit is made, and the file that takes the limit.
    func place(root: String, membership: String) throws(SandboxError) -> (directory: String, file: String) {
      for line in membership.split(separator: "\n") {
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, fields[1].split(separator: ",").contains(Substring(controller)) else { continue }
        // Inside a container the path may be one of the host's that is not mounted here.
        let own = Path.normalize("\(root)/\(fields[1])/\(fields[2])")
        return (Files.isDirectory(own) ? own : "\(root)/\(fields[1])", fileOfVersion1)
      }
      let own = membership.split(separator: "\n").first { $0.hasPrefix("0::") }?.dropFirst(3)
      guard let own, Files.exists("\(root)/cgroup.controllers") else {
        throw SandboxError(.limits, "find the controller of control groups named", controller)
      }
      var path = Path.normalize("/\(own)")
      while true {
        let enabled = (try? Files.text("\(root)\(path)/cgroup.subtree_control")) ?? ""
        if enabled.split(whereSeparator: { $0 == " " || $0 == "\n" }).contains(Substring(controller)) {
          return (Path.normalize("\(root)\(path)"), "\(controller).max")
        }
        guard let parent = Path.parent(path) else { break }
        path = parent
      }
      throw SandboxError(.limits, "find a control group that passes on the controller", controller)
    }
  }
}
