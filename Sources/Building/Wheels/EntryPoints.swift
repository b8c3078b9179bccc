/// The programs that a wheel declares in `entry_points.txt`.
///
/// Specification: PyPA, "Entry points specification", "File format" and "Use for scripts".
struct EntryPoints {
  /// A program that calls a function.
  struct Program: Hashable, Sendable {
    /// The program's file name.
    let name: String
    /// The module, dotted.
    let module: String
    /// The function in the module, dotted.
    let function: String

    /// The program's text.
    func script(interpreter: String) -> [UInt8] {
      let imported = function.prefix { $0 != "." }
      return Array(
        """
        #!\(interpreter)
        import sys

        from \(module) import \(imported)

        if __name__ == "__main__":
            sys.exit(\(function)())

        """.utf8)
    }
  }

  /// The programs of the groups `console_scripts` and `gui_scripts`, which on Unix are alike.
  let programs: [Program]

  /// Reads the file; nil with the number of the line that can't be read is its error.
  init(parsing bytes: [UInt8]) throws(MalformedLine) {
    var programs: [Program] = []
    var isScripts = false
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let text = Self.trimmed(String(decoding: line, as: UTF8.self))
      if text.isEmpty || text.hasPrefix("#") || text.hasPrefix(";") { continue }
      if text.hasPrefix("[") {
        isScripts = text == "[console_scripts]" || text == "[gui_scripts]"
      } else if isScripts {
        guard let program = Self.program(text) else { throw MalformedLine(number: index + 1) }
        programs.append(program)
      }
    }
    self.programs = programs
  }

  /// A line that declares no function.
  struct MalformedLine: Error, Equatable {
    /// The line, counted from one.
    let number: Int
  }

  /// Reads `NAME = MODULE:FUNCTION [EXTRAS]`.
  private static func program(_ text: String) -> Program? {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    let name = trimmed(String(text[..<equals]))
    let reference = trimmed(String(text[text.index(after: equals)...].prefix { $0 != "[" }))
    let parts = reference.split(separator: ":", omittingEmptySubsequences: false).map { trimmed(String($0)) }
    guard parts.count == 2, parts.allSatisfy(isDottedName), !name.isEmpty, name != ".", name != "..",
      !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 < 0x21 })
    else { return nil }
    return Program(name: name, module: parts[0], function: parts[1])
  }

  private static func trimmed(_ text: String) -> String {
    let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
    let bytes = text.utf8.drop(while: isSpace)
    let end = bytes.lastIndex { !isSpace($0) }.map { bytes.index(after: $0) } ?? bytes.startIndex
    return String(Substring(bytes[bytes.startIndex..<end]))
  }

  /// Whether a text is Python names joined by dots: it becomes part of a program.
  private static func isDottedName(_ text: String) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      guard let first = part.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
      return part.unicodeScalars.dropFirst().allSatisfy(\.properties.isXIDContinue)
    }
  }
}
