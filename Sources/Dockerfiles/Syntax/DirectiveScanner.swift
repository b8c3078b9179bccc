/// Looks for `# NAME=VALUE` at the top of a file, until the first line that is none.
struct DirectiveScanner {
  private static let names: Set<String> = ["syntax", "escape", "check"]

  private(set) var escape: Unicode.Scalar = "\\"
  private var isDone = false
  private var seen: Set<String> = []

  mutating func scan(
    _ source: SourceText, _ trimmed: Range<Int>, _ whole: Range<Int>
  ) throws(DockerfileError) -> Dockerfile.Directive? {
    guard !isDone else { return nil }
    guard let (name, value) = Self.split(source.bytes, trimmed), Self.names.contains(name) else {
      isDone = true
      return nil
    }
    let position = source.position(of: trimmed.lowerBound)
    guard seen.insert(name).inserted else {
      throw DockerfileError(at: position, "only one \(name) parser directive can be used")
    }
    if name == "escape" {
      guard value == "\\" || value == "`", let scalar = value.unicodeScalars.first else {
        throw DockerfileError(at: position, "invalid escape token '\(value)' does not match ` or \\")
      }
      escape = scalar
    }
    return Dockerfile.Directive(name: name, value: value, position: position, range: whole)
  }

  private static func split(_ bytes: [UInt8], _ line: Range<Int>) -> (name: String, value: String)? {
    guard line.first.map({ bytes[$0] == UInt8(ascii: "#") }) == true else { return nil }
    let text = LineScan.trimStart(bytes, line.lowerBound + 1..<line.upperBound)
    func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    guard let first = text.first, isLetter(bytes[first]) else { return nil }
    let end = text.first { !isLetter(bytes[$0]) && !isDigit(bytes[$0]) } ?? text.upperBound
    let rest = LineScan.trimStart(bytes, end..<text.upperBound)
    guard rest.first.map({ bytes[$0] == UInt8(ascii: "=") }) == true else { return nil }
    let value = LineScan.trim(bytes, rest.lowerBound + 1..<rest.upperBound)
    guard !value.isEmpty else { return nil }
    return (
      String(decoding: bytes[first..<end], as: UTF8.self).lowercased(), String(decoding: bytes[value], as: UTF8.self)
    )
  }
}
