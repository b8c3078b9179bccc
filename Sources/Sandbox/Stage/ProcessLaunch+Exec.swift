internal import CLinux
internal import Glibc

extension ProcessLaunch {
  /// Gives the calling process the command's streams, limits, user and directory.
  ///
  /// The order matters: the bounding set and the groups need privileges that the change of user takes away, and the
  /// filter comes last, as it refuses some of what comes before it.
  func becomeCommand() throws(SandboxError) {
    setsid()
    for (number, stream) in streams.enumerated() {
      try checkErrno(dup2(stream.number, Int32(number)), .command, "set up a standard stream")
    }
    for limit in command.limits {
      try check(
        clinux_lower_limit(Int32(limit.resource), limit.value), .privileges, "set the resource limit", "\(limit)")
    }
    umask(0o022)
    try changeUser()
    try checkErrno(chdir(command.directory), .command, "change to the directory", command.directory)
    if !command.flushes { try check(clinux_seccomp_skip_flushes(), .privileges, "skip flushes") }
    try check(clinux_seccomp_install(allowsNesting ? 1 : 0), .privileges, "filter system calls")
    resetSignals()
  }

  /// Waits for the end of the sandbox, as the command that keeps one open whose root may hold no program for it.
  func idle() -> Never {
    // Closes what tells the supervisor that the command runs, too.
    _ = clinux_close_from(3)
    while true { pause() }
  }

  private func changeUser() throws(SandboxError) {
    let user = command.user
    let kept = user.uid == 0 ? command.capabilities : .none
    try check(clinux_capabilities_bound(kept.rawValue), .privileges, "drop capabilities")
    try check(clinux_no_new_privileges(), .privileges, "refuse new privileges")
    // Refused where a user namespace holds a single group: there is nothing to drop, then.
    if setgroups(user.groups.count, user.groups) != 0 && !(errno == EPERM && user.groups.allSatisfy { $0 == user.gid })
    {
      throw SandboxError(.identities, "become a member of the groups", "\(user.groups)", code: errno)
    }
    try checkErrno(setgid(user.gid), .identities, "become the group", "\(user.gid)")
    try checkErrno(setuid(user.uid), .identities, "become the user", "\(user.uid)")
    try check(clinux_capabilities_set(kept.rawValue), .privileges, "drop capabilities")
  }

  private func resetSignals() {
    for number in 1..<Int32(64) { signal(number, SIG_DFL) }
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
  }

  /// Turns the calling process into the command's program; returns only by throwing.
  func execute() throws(SandboxError) {
    guard let name = command.arguments.first else { throw SandboxError(.command, "start an empty command") }
    let arguments = command.arguments.map { strdup($0) } + [nil]
    let variables = command.environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    var code = ENOENT
    for path in candidates(name) {
      execve(path, arguments, variables)
      // What was found but not allowed says more than that the rest of the PATH doesn't have it.
      if errno != ENOENT && errno != ENOTDIR { code = errno }
      if errno != ENOENT && errno != ENOTDIR && errno != EACCES { break }
    }
    throw SandboxError(.command, "run", name, code: code)
  }

  private func candidates(_ name: String) -> [String] {
    if name.utf8.contains(UInt8(ascii: "/")) { return [name] }
    let path = command.environment["PATH"] ?? SandboxCommand.plainEnvironment["PATH"] ?? ""
    return path.split(separator: ":").map { "\($0)/\(name)" }
  }
}
