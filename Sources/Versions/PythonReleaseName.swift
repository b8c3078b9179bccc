/// Identifies a release on a Python index whether or not its version follows PEP 440.
///
/// Old releases have names such as `0.4m5` or `1.0-final`. No requirement can ask for one, but advisories and file
/// lists name them, and they have always had an order: before every version that PEP 440 accepts, and among themselves
/// part by part.
public enum PythonReleaseName: Sendable, Hashable {
  /// A name outside PEP 440, by the parts that its order goes by.
  case legacy([String], spelling: String)
  /// A version.
  case version(PEP440Version)

  /// Reads any name; none is refused.
  public init(_ text: String) {
    if let version = try? PEP440Version(parsing: text) {
      self = .version(version)
    } else {
      self = .legacy(Self.parts(of: text), spelling: text)
    }
  }

  /// Splits a name into runs of digits and runs of letters, in a form whose plain text order is the one wanted.
  ///
  /// Numbers are padded, words that mean "before the release" are made to sort before the end mark `*final`, and a
  /// hyphen after.
  private static func parts(of text: String) -> [String] {
    var scanner = UTF8Scanner(text.lowercased())
    var parts: [String] = []
    func add(_ part: String, to parts: inout [String]) {
      if part.hasPrefix("*") {
        if part < "*final" { while parts.last == "*final-" { parts.removeLast() } }
        while parts.last == "00000000" { parts.removeLast() }
      }
      parts.append(part)
    }
    while !scanner.isAtEnd {
      let first = scanner.current
      if first.isASCIIDigit {
        let digits = scanner.takeWhile(\.isASCIIDigit)
        add(String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits, to: &parts)
      } else if first.isASCIILetter {
        let word = scanner.takeWhile(\.isASCIILetter)
        add("*" + (replacements[word] ?? word), to: &parts)
      } else if scanner.take(UInt8(ascii: "-")) {
        add("*final-", to: &parts)
      } else if !scanner.take(UInt8(ascii: ".")) {
        add(
          "*" + scanner.takeWhile { !$0.isASCIIAlphanumeric && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "-") },
          to: &parts)
      }
    }
    add("*final", to: &parts)
    return parts
  }

  private static let replacements = ["pre": "c", "preview": "c", "rc": "c", "dev": "@"]
}

extension PythonReleaseName: Comparable {
  /// Whether both stand at the same place in the order.
  public static func == (left: PythonReleaseName, right: PythonReleaseName) -> Bool {
    switch (left, right) {
    case (.legacy(let mine, _), .legacy(let theirs, _)): mine == theirs
    case (.version(let mine), .version(let theirs)): mine == theirs
    default: false
    }
  }

  /// Hashes what equal names have in common.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .legacy(let parts, _): hasher.combine(parts)
    case .version(let version): hasher.combine(version)
    }
  }

  /// Whether `left` is older than `right`.
  public static func < (left: PythonReleaseName, right: PythonReleaseName) -> Bool {
    switch (left, right) {
    case (.legacy(let mine, _), .legacy(let theirs, _)): mine.lexicographicallyPrecedes(theirs)
    case (.version(let mine), .version(let theirs)): mine < theirs
    case (.legacy, .version): true
    case (.version, .legacy): false
    }
  }
}

extension PythonReleaseName: CustomStringConvertible {
  /// The name as written, or the normalised version.
  public var description: String {
    switch self {
    case .legacy(_, let spelling): spelling
    case .version(let version): version.description
    }
  }
}
