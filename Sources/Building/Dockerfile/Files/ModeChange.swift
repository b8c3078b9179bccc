/// What `--chmod` does to a mode: an octal number, or clauses as chmod(1) has them.
struct ModeChange: Sendable {
  private enum Change: Sendable {
    case absolute(UInt32)
    case clauses([Clause])
  }

  private struct Clause: Sendable {
    /// The bits of those who are meant: 0o700, 0o070, 0o007.
    let who: UInt32
    let operation: Character
    let permissions: [Character]
  }

  private let change: Change

  /// Reads `755`, `u+x` or `go-w,a+rX`; nil for anything else.
  init?(parsing text: String) {
    if let number = UInt32(text, radix: 8) {
      guard number <= 0o7777 else { return nil }
      change = .absolute(number)
      return
    }
    var clauses: [Clause] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let letters = part.prefix { "ugoa".contains($0) }
      var rest = part.dropFirst(letters.count)
      var who: UInt32 = 0
      for letter in letters {
        who |= letter == "u" ? 0o700 : letter == "g" ? 0o070 : letter == "o" ? 0o007 : 0o777
      }
      guard !rest.isEmpty else { return nil }
      while let operation = rest.popFirst() {
        guard "+-=".contains(operation) else { return nil }
        let permissions = Array(rest.prefix { !"+-=".contains($0) })
        guard permissions.allSatisfy({ "rwxXstugo".contains($0) }) else { return nil }
        rest = rest.dropFirst(permissions.count)
        clauses.append(Clause(who: who == 0 ? 0o777 : who, operation: operation, permissions: permissions))
      }
    }
    change = .clauses(clauses)
  }

  /// The mode that something gets.
  func applied(to mode: UInt32, isDirectory: Bool) -> UInt32 {
    switch change {
    case .absolute(let number): number
    case .clauses(let clauses): clauses.reduce(mode) { Self.apply($1, to: $0, isDirectory) }
    }
  }

  private static func apply(_ clause: Clause, to mode: UInt32, _ isDirectory: Bool) -> UInt32 {
    var bits: UInt32 = 0
    var special: UInt32 = 0
    func spread(_ triple: UInt32) -> UInt32 { triple << 6 | triple << 3 | triple }
    for permission in clause.permissions {
      switch permission {
      case "r": bits |= 0o444
      case "w": bits |= 0o222
      case "x": bits |= 0o111
      case "X": if isDirectory || mode & 0o111 != 0 { bits |= 0o111 }
      case "s": special |= (clause.who & 0o700 != 0 ? 0o4000 : 0) | (clause.who & 0o070 != 0 ? 0o2000 : 0)
      case "t": special |= 0o1000
      case "u": bits |= spread(mode >> 6 & 7)
      case "g": bits |= spread(mode >> 3 & 7)
      default: bits |= spread(mode & 7)
      }
    }
    let change = bits & clause.who | special
    switch clause.operation {
    case "+": return mode | change
    case "-": return mode & ~change
    default: return mode & ~clause.who | change
    }
  }
}
