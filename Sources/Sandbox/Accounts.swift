internal import Host

/// The users and groups of an image, from the texts of its `/etc/passwd` and `/etc/group`.
public struct Accounts: Sendable {
  private struct User {
    let name: String
    let uid: UInt32
    let gid: UInt32
    let home: String
  }

  private struct Group {
    let name: String
    let gid: UInt32
    let members: [String]
  }

  /// Who runs a process, and where its home is.
  public struct Identity: Sendable, Equatable {
    /// The numbers.
    public let user: SandboxCommand.User
    /// The home directory.
    public let home: String
  }

  private let users: [User]
  private let groups: [Group]

  /// Reads both texts; lines that are malformed count for nothing.
  public init(passwd: String, group: String) {
    users = Self.records(passwd).compactMap { fields in
      guard fields.count >= 6, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { return nil }
      return User(name: fields[0], uid: uid, gid: gid, home: fields[5])
    }
    groups = Self.records(group).compactMap { fields in
      guard fields.count >= 4, let gid = UInt32(fields[2]) else { return nil }
      return Group(name: fields[0], gid: gid, members: fields[3].split(separator: ",").map(String.init))
    }
  }

  private static func records(_ text: String) -> [[String]] {
    text.lines.map { line in
      line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// Finds who is meant by a configuration's user: `NAME`, `UID`, or either with `:GROUP` or `:GID` (OCI image-spec 1.1,
  /// config.md, "User"); root when nothing is said.
  ///
  /// - Returns: Nil for a name that the image doesn't know.
  public func identity(_ text: String?) -> Identity? {
    let parts = (text ?? "").split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = parts[0].isEmpty ? "0" : parts[0]
    let user = users.first { $0.name == name } ?? users.first { String($0.uid) == name }
    guard let uid = user?.uid ?? UInt32(name) else { return nil }
    var gid = user?.gid ?? 0
    var others: [UInt32] = []
    if parts.count > 1, !parts[1].isEmpty {
      let group = groups.first { $0.name == parts[1] }?.gid ?? UInt32(parts[1])
      guard let group else { return nil }
      gid = group
    } else if let user {
      // As engines do: memberships count unless a group is named.
      others = groups.filter { $0.members.contains(user.name) && $0.gid != gid }.map(\.gid)
    }
    return Identity(
      // The group is a membership like others: who had none but it could be shut out by its absence (CVE-2023-25173).
      user: SandboxCommand.User(uid: uid, gid: gid, groups: [gid] + others), home: user?.home ?? "/")
  }

  /// Finds the owner that `--chown` names: `USER[:GROUP]`, each by name or number.
  ///
  /// A number alone is the group's number too, as BuildKit has it; a name brings its own group.
  ///
  /// - Returns: Nil for a name that the image doesn't know.
  public func owner(_ text: String) -> (uid: UInt32, gid: UInt32)? {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    if let number = UInt32(parts[0]) {
      (uid, gid) = (number, number)
    } else if !parts[0].isEmpty {
      // Root needs no list of users to be known.
      let user = users.first { $0.name == parts[0] }
      guard user != nil || parts[0] == "root" else { return nil }
      (uid, gid) = (user?.uid ?? 0, user?.gid ?? 0)
    }
    if parts.count > 1, !parts[1].isEmpty {
      let named = groups.first { $0.name == parts[1] }?.gid ?? (parts[1] == "root" ? 0 : nil)
      guard let group = UInt32(parts[1]) ?? named else { return nil }
      gid = group
    }
    return (uid, gid)
  }
}
