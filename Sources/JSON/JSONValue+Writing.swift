extension JSONValue {
  /// How a value is laid out as text.
  public enum Layout: Sendable {
    /// No space at all, as manifests and configurations are hashed.
    case compact
    /// Two spaces a level and a member a line, for files that people read.
    case pretty
  }

  /// Writes the value as JSON.
  ///
  /// - Parameter sorted: Whether an object's members are written by name (in order of their UTF-8 bytes), not in their own order.
  public func text(_ layout: Layout = .compact, sorted: Bool = false) -> String {
    var output: [UInt8] = []
    write(to: &output, layout: layout, sorted: sorted, level: 0)
    return String(decoding: output, as: UTF8.self)
  }

  /// The canonical form of files in a repository: sorted members, two spaces a level, a line feed at the end.
  public var canonicalText: String { text(.pretty, sorted: true) + "\n" }

  private func write(to output: inout [UInt8], layout: Layout, sorted: Bool, level: Int) {
    func newline(_ level: Int) {
      guard layout == .pretty else { return }
      output.append(0x0A)
      output.append(contentsOf: repeatElement(0x20, count: level * 2))
    }
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let text): output.append(contentsOf: text.utf8)
    case .string(let text): Self.write(string: text, to: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        newline(level + 1)
        element.write(to: &output, layout: layout, sorted: sorted, level: level + 1)
      }
      if !elements.isEmpty { newline(level) }
      output.append(UInt8(ascii: "]"))
    case .object(let members):
      output.append(UInt8(ascii: "{"))
      let ordered = sorted ? members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } : members
      for (index, member) in ordered.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        newline(level + 1)
        Self.write(string: member.name, to: &output)
        output.append(UInt8(ascii: ":"))
        if layout == .pretty { output.append(0x20) }
        member.value.write(to: &output, layout: layout, sorted: sorted, level: level + 1)
      }
      if !members.isEmpty { newline(level) }
      output.append(UInt8(ascii: "}"))
    }
  }

  private static func write(string: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): output.append(contentsOf: #"\""#.utf8)
      case UInt8(ascii: "\\"): output.append(contentsOf: #"\\"#.utf8)
      case 0x08: output.append(contentsOf: #"\b"#.utf8)
      case 0x09: output.append(contentsOf: #"\t"#.utf8)
      case 0x0A: output.append(contentsOf: #"\n"#.utf8)
      case 0x0C: output.append(contentsOf: #"\f"#.utf8)
      case 0x0D: output.append(contentsOf: #"\r"#.utf8)
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        output.append(contentsOf: (#"\u"# + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
