internal import CLinux
internal import Glibc
internal import Host
internal import Synchronization

/// The user namespace of this process: which users there are for it to give files to and to run commands as.
///
/// An ordinary user enters one of its own, in which it is root and its ranges of `/etc/subuid` are all other users. What
/// is written there is root's work for all that works on it: layers are unpacked with their owners, and a sandbox inside
/// maps every user to itself, as it does for the machine's root.
public enum UserNamespace {
  private static let state = Mutex<(isEntered: Bool, isApart: Bool, refusal: SandboxError?, limitation: String?)>(
    (false, false, nil, nil))

  /// Whether this process is an ordinary user's, who is root among its own users only.
  public static var isEntered: Bool { state.withLock { $0.isEntered } }

  /// Whether the users here are others than those of the program that started this one, as it was told.
  public static var isApart: Bool { state.withLock { $0.isApart } }

  /// Why this process is not root of a user namespace, if it tried.
  public static var refusal: SandboxError? { state.withLock { $0.refusal } }

  /// Why there is a single user only, in the words of the program that should have mapped more.
  public static var limitation: String? { state.withLock { $0.limitation } }

  /// Makes an ordinary user's process root of a user namespace of its own; for root nothing changes, unless it is told to be
  /// among other users.
  ///
  /// To be called before there is a second thread. A refusal is no error yet, as most work needs no other users: it is
  /// kept in ``refusal``.
  public static func enter() {
    guard geteuid() != 0 else {
      if Environment[apartVariable] != nil { becomeApart() }
      return
    }
    do throws(SandboxError) {
      // Made before: inside, this process is nobody until its map is written.
      let (maps, single) = (IdentityMaps.current(for: .root), IdentityMaps.single(for: .root))
      if maps.writer == .helpers {
        try enter(maps, or: single)
      } else {
        try unshare()
        try single.write(for: getpid())
      }
      state.withLock { $0.isEntered = true }
    } catch {
      state.withLock { $0.refusal = error }
    }
  }

  private static func becomeApart() {
    do throws(SandboxError) {
      let isApart = try enterApart()
      state.withLock { $0.isApart = isApart }
    } catch {
      state.withLock { $0.refusal = error }
    }
  }

  /// The programs that map users must be outside of the namespace, so they are started before it is made.
  private static func enter(_ maps: IdentityMaps, or single: IdentityMaps) throws(SandboxError) {
    let calls = maps.helperCalls(for: getpid())
    var helpers: [GatedProgram] = []
    for call in calls { helpers.append(try GatedProgram(call.program, call.arguments)) }
    try unshare()
    for (call, helper) in zip(calls, helpers) {
      let said = try helper.run()
      guard let said else { continue }
      // Not set-user-id root here, or a range that is not ours: one user is better than none.
      guard call == calls[0], (try? Files.text("/proc/self/uid_map"))?.isEmpty == true else {
        throw SandboxError(.identities, "map the users of the sandbox by \(call.program) (\(said))")
      }
      state.withLock { $0.limitation = said }
      return try single.write(for: getpid())
    }
  }

  static func unshare() throws(SandboxError) {
    try check(clinux_unshare(clinux_namespace_user), .namespaces, "create a user namespace")
  }

  // MARK: What there is

  static let users = IdentityMaps.parse(map: (try? Files.text("/proc/self/uid_map")) ?? "")
  static let groups = IdentityMaps.parse(map: (try? Files.text("/proc/self/gid_map")) ?? "")

  /// Whether root is all there is, so that no file can have another owner.
  public static var isSingle: Bool { [users, groups].contains { $0.count == 1 && $0[0].count == 1 } }

  /// Whether this process may give files to a user and a group.
  public static func knows(uid: UInt32, gid: UInt32) -> Bool {
    func holds(_ ranges: [IdentityMaps.Range], _ id: UInt32) -> Bool {
      ranges.contains { id >= $0.inside && id - $0.inside < $0.count }
    }
    return geteuid() == 0 && holds(users, uid) && holds(groups, gid)
  }

  /// A text that differs wherever the same owner is another one on disk; nil for the machine's own root.
  public static var name: String? {
    guard geteuid() == 0 else { return "own" }
    let whole = IdentityMaps.Range(inside: 0, outside: 0, count: .max)
    if users == [whole] && groups == [whole] { return nil }
    return (users + groups).map { "\($0.inside).\($0.outside).\($0.count)" }.joined(separator: "-")
  }
}

/// A program that is started now and executed later.
struct GatedProgram {
  private let process: pid_t
  private let gate: Descriptor
  private let output: Descriptor

  init(_ program: String, _ arguments: [String]) throws(SandboxError) {
    let path = Environment.program(program) ?? program
    let gate = try Descriptor.pipe()
    let output = try Descriptor.pipe()
    let words = ([program] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    let started = path.withCString { path in
      (words + [nil]).withUnsafeBufferPointer { words in
        clinux_start_gated(path, words.baseAddress!, gate.reading.number, output.writing.number)
      }
    }
    process = try check(started, .identities, "start", program)
    (self.gate, self.output) = (gate.writing, output.reading)
  }

  /// Lets it run and waits; nil if all went well, else the first line of what it said.
  func run() throws(SandboxError) -> String? {
    try gate.write([1])
    let text = String(decoding: try output.readToEnd(), as: UTF8.self)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return status == 0 ? nil : text.split(separator: "\n").first.map(String.init) ?? "it failed"
  }
}
