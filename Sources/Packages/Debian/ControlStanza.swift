/// One stanza of a control file: fields by name, names compared without case (Debian Policy, section 5.1).
///
/// The same syntax carries Release files, package indexes, apt's sources and dpkg's database.
public struct ControlStanza: Sendable, Hashable {
  /// The fields in the order they stand, names as written.
  public let fields: [Field]

  /// A field of a stanza.
  public struct Field: Sendable, Hashable {
    /// The name as written.
    public let name: String
    /// The value; lines after the first keep their line feed and lose one leading blank.
    public let value: String
  }

  /// Collects fields that were made elsewhere.
  public init(fields: [Field]) {
    self.fields = fields
  }

  /// Reads the lines of one stanza; lines that are neither field, continuation nor comment are left out.
  public init(lines bytes: some Sequence<UInt8>) {
    var fields: [Field] = []
    var name = ""
    var value: [UInt8] = []
    func finish() {
      if !name.isEmpty { fields.append(Field(name: name, value: Self.trimmed(value))) }
    }
    for line in Array(bytes).split(separator: 0x0A) {
      if line.first == UInt8(ascii: "#") { continue }
      if line.first == 0x20 || line.first == 0x09 {
        value.append(0x0A)
        value.append(contentsOf: line.dropFirst())
      } else if let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex {
        finish()
        name = String(decoding: line[..<colon], as: UTF8.self)
        value = Array(line[(colon + 1)...])
      }
    }
    finish()
    self.fields = fields
  }

  /// The value of a field, without surrounding blanks.
  public subscript(_ name: String) -> String? {
    fields.first { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name.lowercased() }?.value
  }

  /// The words of a field, split at blanks and line ends.
  public func words(_ name: String) -> [String] {
    (self[name] ?? "").split { $0 == " " || $0 == "\n" || $0 == "\t" }.map(String.init)
  }

  /// Splits a file into its stanzas, which are separated by blank lines.
  public static func all(in bytes: [UInt8]) -> [ControlStanza] {
    var stanzas: [ControlStanza] = []
    var lines: [UInt8] = []
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
        if !lines.isEmpty { stanzas.append(ControlStanza(lines: lines)) }
        lines = []
      } else {
        lines.append(contentsOf: line)
        lines.append(0x0A)
      }
    }
    if !lines.isEmpty { stanzas.append(ControlStanza(lines: lines)) }
    return stanzas.filter { !$0.fields.isEmpty }
  }

  private static func trimmed(_ bytes: [UInt8]) -> String {
    var rest = bytes[...]
    while let first = rest.first, first == 0x20 || first == 0x09 || first == 0x0D { rest.removeFirst() }
    while let last = rest.last, last == 0x20 || last == 0x09 || last == 0x0D { rest.removeLast() }
    return String(decoding: rest, as: UTF8.self)
  }
}
