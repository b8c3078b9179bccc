internal import Host

/// The numbers of users and groups by their names, from the account files of an image.
struct AccountNumbers: Hashable, Sendable {
  private let users: [Substring: UInt32]
  private let groups: [Substring: UInt32]

  /// Reads the two files; root is there in any case.
  init(passwd: String, group: String) {
    users = Self.numbers(passwd)
    groups = Self.numbers(group)
  }

  /// passwd(5) and group(5) both have the name first and the number third.
  private static func numbers(_ text: String) -> [Substring: UInt32] {
    var numbers: [Substring: UInt32] = ["root": 0]
    for line in text.lines {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      if fields.count > 2, let number = UInt32(fields[2]) { numbers[fields[0]] = number }
    }
    return numbers
  }

  func user(_ name: String) -> UInt32? { users[name[...]] }
  func group(_ name: String) -> UInt32? { groups[name[...]] }
}
