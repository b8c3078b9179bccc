/// Users and groups that packages describe in sysusers.d(5), put into the files of accounts as systemd-sysusers does.
///
/// Only what it needs to give files their owners: users and groups with their numbers; memberships and ranges of numbers as far as
/// they are written.
struct Sysusers: Hashable, Sendable {
  /// passwd(5).
  private(set) var passwd: String
  /// group(5).
  private(set) var group: String
  /// Who was added, for whoever wants to know.
  private(set) var added: [String] = []

  /// Starts from the files as they are.
  init(passwd: String, group: String) {
    self.passwd = passwd
    self.group = group
  }

  /// Adds what the lines of a file ask for and what is not there yet.
  mutating func apply(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = Self.words(line)
      guard words.count >= 2, let kind = words[0].first, !words[1].isEmpty,
        !words[1].contains(where: { ":/,".contains($0) })
      else { continue }
      let id = words.count > 2 ? words[2] : "-"
      switch kind {
      case "g": addGroup(words[1], id)
      case "u": addUser(words[1], id, words)
      case "m": if words.count > 2 { addMember(words[1], to: words[2]) }
      default: continue
      }
    }
  }

  private mutating func addGroup(_ name: String, _ id: String) {
    guard AccountNumbers(passwd: "", group: group).group(name) == nil else { return }
    group += "\(name):x:\(UInt32(id) ?? free()):\n"
    added.append("group \(name)")
  }

  private mutating func addUser(_ name: String, _ id: String, _ words: [String]) {
    guard AccountNumbers(passwd: passwd, group: "").user(name) == nil else { return }
    // `uid:gid` and `uid:group` name a group that is there; else the group has the user's name, and its number if that is free.
    let parts = id.split(separator: ":", maxSplits: 1).map(String.init)
    let numbers = AccountNumbers(passwd: "", group: group)
    let uid = UInt32(parts.first ?? "-") ?? numbers.group(name) ?? free()
    var gid: UInt32
    if parts.count > 1, let named = UInt32(parts[1]) ?? numbers.group(parts[1]) {
      gid = named
    } else if let own = numbers.group(name) {
      gid = own
    } else {
      gid = uid
      if isTaken(uid, in: group) { gid = free() }
      group += "\(name):x:\(gid):\n"
    }
    func word(_ place: Int, _ standard: String) -> String {
      words.count > place && words[place] != "-" && !words[place].contains(":") ? words[place] : standard
    }
    passwd +=
      "\(name):x:\(uid):\(gid):\(word(3, "")):\(word(4, "/")):\(word(5, uid == 0 ? "/bin/sh" : "/usr/sbin/nologin"))\n"
    added.append("user \(name)")
  }

  private mutating func addMember(_ user: String, to name: String) {
    group = group.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count == 4, fields[0] == name, !fields[3].split(separator: ",").contains(user[...]) else {
        return String(line)
      }
      return line + (fields[3].isEmpty ? user : ",\(user)")
    }.joined(separator: "\n")
  }

  /// The highest number of the system's range that no user and no group has.
  private func free() -> UInt32 {
    var number: UInt32 = 999
    while number > 100, isTaken(number, in: passwd) || isTaken(number, in: group) { number -= 1 }
    return number
  }

  private func isTaken(_ number: UInt32, in text: String) -> Bool {
    text.split(separator: "\n").contains { line in
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      return fields.count > 2 && UInt32(fields[2]) == number
    }
  }

  /// The words of a line, of which quoted ones may have blanks; none for a comment.
  private static func words(_ line: Substring) -> [String] {
    var words: [String] = []
    var rest = line.drop(while: \.isWhitespace)
    if rest.first == "#" { return [] }
    while let first = rest.first {
      if first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") {
        words.append(String(rest[rest.index(after: rest.startIndex)..<end]))
        rest = rest[rest.index(after: end)...]
      } else {
        let word = rest.prefix { !$0.isWhitespace }
        words.append(String(word))
        rest = rest[word.endIndex...]
      }
      rest = rest.drop(while: \.isWhitespace)
    }
    return words
  }
}
