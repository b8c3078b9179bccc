internal import Glibc
internal import Host

// A build must not depend on who its users are on the machine. To find out, it is done a second time by a process that is
// root as before, while every other user of its is another one of the machine's.

extension UserNamespace {
  /// The variable that tells a program to run among other users.
  public static let apartVariable = "DRYDOCK_APART"

  /// Far from all users that a machine has and lends.
  private static let distance: UInt32 = 1_000_000

  /// The ranges of a namespace below one with these ranges, whose users are others but for root; nil where root is alone.
  static func apart(from ranges: [IdentityMaps.Range]) -> [IdentityMaps.Range]? {
    // Those that exist without a gap.
    var count: UInt32 = 0
    for range in ranges.sorted(by: { $0.inside < $1.inside }) where range.inside == count { count += range.count }
    guard count > 2 else { return nil }
    let shift = count > 2 * distance ? distance : 1
    return [
      IdentityMaps.Range(inside: 0, outside: 0, count: 1),
      IdentityMaps.Range(inside: 1, outside: 1 + shift, count: count - 1 - shift),
    ]
  }

  /// Who a user of a namespace apart is here; nil where there is none.
  public static func outsider(_ uid: UInt32) -> UInt32? {
    guard geteuid() == 0, let range = apart(from: users)?.last, uid >= range.inside, uid - range.inside < range.count
    else { return nil }
    return range.outside + (uid - range.inside)
  }

  /// Makes this process root of a namespace with other users; false where there are none.
  static func enterApart() throws(SandboxError) -> Bool {
    // Not `users`, which is what there is once this is done.
    let own = { (name: String) in IdentityMaps.parse(map: (try? Files.text("/proc/self/\(name)")) ?? "") }
    guard let users = apart(from: own("uid_map")), let groups = apart(from: own("gid_map")) else { return false }
    let lines = [("uid_map", users), ("gid_map", groups)].map { name, ranges in
      "printf '\(ranges.map { $0.line + "\\n" }.joined())' > /proc/\(getpid())/\(name)"
    }
    // Only who is outside may write the maps, and in one call each, as this `printf` does.
    let writer = try GatedProgram("sh", ["-c", lines.joined(separator: " && ")])
    try unshare()
    if let said = try writer.run() {
      throw SandboxError(.identities, "map the users of the namespace by sh (\(said))")
    }
    return true
  }
}
