internal import Glibc
internal import Host

/// Which users and groups exist in a sandbox, and who they are outside (man 7 user_namespaces).
///
/// Root maps every user of its own namespace to itself, so that files in a root keep their owners. An ordinary user maps
/// root to itself and the rest to its ranges of `/etc/subuid`, by `newuidmap`; without such a range only the command's
/// own user exists.
struct IdentityMaps: Equatable {
  /// Consecutive users or groups.
  struct Range: Equatable {
    let inside: UInt32
    let outside: UInt32
    let count: UInt32

    var line: String { "\(inside) \(outside) \(count)" }
  }

  /// Who writes the maps.
  enum Writer: Equatable {
    /// The caller, who has the privilege.
    case caller
    /// The programs of the `uidmap` package.
    case helpers
    /// The caller, who maps nobody but itself.
    case single
  }

  let users: [Range]
  let groups: [Range]
  let writer: Writer

  /// The maps for a process of this user.
  static func current(for user: SandboxCommand.User) -> IdentityMaps {
    let (uid, gid) = (geteuid(), getegid())
    let own = { (path: String) in parse(map: (try? Files.text(path)) ?? "") }
    if uid == 0 {
      // Identity: what exists in this namespace, as it is called here.
      let identity = { (ranges: [Range]) in
        ranges.map { Range(inside: $0.inside, outside: $0.inside, count: $0.count) }
      }
      return IdentityMaps(
        users: identity(own("/proc/self/uid_map")), groups: identity(own("/proc/self/gid_map")), writer: .caller)
    }
    let names = [String(uid), name(of: uid, in: (try? Files.text("/etc/passwd")) ?? "")].compactMap { $0 }
    let users = parse(subordinates: (try? Files.text("/etc/subuid")) ?? "", of: names)
    let groups = parse(subordinates: (try? Files.text("/etc/subgid")) ?? "", of: names)
    if !users.isEmpty, !groups.isEmpty, Environment.program("newuidmap") != nil,
      Environment.program("newgidmap") != nil
    {
      return IdentityMaps(
        users: [Range(inside: 0, outside: uid, count: 1)] + users,
        groups: [Range(inside: 0, outside: gid, count: 1)] + groups, writer: .helpers)
    }
    return single(for: user)
  }

  /// The maps in which nobody exists but the caller, who is this user inside.
  static func single(for user: SandboxCommand.User) -> IdentityMaps {
    IdentityMaps(
      users: [Range(inside: user.uid, outside: geteuid(), count: 1)],
      groups: [Range(inside: user.gid, outside: getegid(), count: 1)], writer: .single)
  }

  /// A call of a program that writes a map.
  struct HelperCall: Equatable {
    let program: String
    let arguments: [String]
  }

  /// The calls that write both maps of a process (man 1 newuidmap).
  func helperCalls(for process: pid_t) -> [HelperCall] {
    [("newuidmap", users), ("newgidmap", groups)].map { program, ranges in
      let numbers = ranges.flatMap { [$0.inside, $0.outside, $0.count] }.map { String($0) }
      return HelperCall(program: program, arguments: [String(process)] + numbers)
    }
  }

  /// Writes the maps of a process that waits in a fresh user namespace.
  func write(for process: pid_t) throws(SandboxError) {
    switch writer {
    case .helpers:
      for call in helperCalls(for: process) { try run(call) }
    case .single, .caller:
      // man 7 user_namespaces: without a privilege outside, groups are mapped only where they can't be dropped.
      if writer == .single { try write("deny", "/proc/\(process)/setgroups") }
      try write(users.map(\.line).joined(separator: "\n") + "\n", "/proc/\(process)/uid_map")
      try write(groups.map(\.line).joined(separator: "\n") + "\n", "/proc/\(process)/gid_map")
    }
  }

  private func write(_ text: String, _ path: String) throws(SandboxError) {
    let file = try Descriptor.open(path, O_WRONLY, stage: .identities, to: "open")
    // One call: the kernel takes a map whole or not at all.
    let count = Array(text.utf8).withUnsafeBytes { Glibc.write(file.number, $0.baseAddress, $0.count) }
    try checkErrno(Int32(count), .identities, "write the identities to", path)
  }

  private func run(_ call: HelperCall) throws(SandboxError) {
    let program = call.program
    let result: Subprocess.Result
    do throws(SystemError) {
      result = try Subprocess(program, call.arguments).runBlocking()
    } catch {
      throw SandboxError(.identities, "run", program, code: error.code)
    }
    guard result.status == 0 else {
      let said = result.errorText.split(separator: "\n").first.map { " (\($0))" } ?? ""
      throw SandboxError(.identities, "map the users of the sandbox by \(program)\(said)")
    }
  }

  // MARK: Parsing

  /// Reads `/proc/self/uid_map`: three numbers a line.
  static func parse(map text: String) -> [Range] {
    text.split(separator: "\n").compactMap { line in
      let numbers = line.split(separator: " ").compactMap { UInt32($0) }
      return numbers.count == 3 ? Range(inside: numbers[0], outside: numbers[1], count: numbers[2]) : nil
    }
  }

  /// Reads `/etc/subuid` (man 5 subuid): `name:first:count` lines, which follow each other inside from 1 on.
  static func parse(subordinates text: String, of names: [String]) -> [Range] {
    var next: UInt32 = 1
    var ranges: [Range] = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count == 3, names.contains(String(fields[0])), let first = UInt32(fields[1]),
        let count = UInt32(fields[2]), count > 0, !next.addingReportingOverflow(count).overflow
      else { continue }
      ranges.append(Range(inside: next, outside: first, count: count))
      next += count
    }
    return ranges
  }

  /// The name of a user in a text of the form of `/etc/passwd`.
  static func name(of uid: UInt32, in text: String) -> String? {
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      if fields.count > 2, UInt32(fields[2]) == uid { return String(fields[0]) }
    }
    return nil
  }
}
