internal import OCI

/// The list of a wheel's files with their hashes, as CSV.
///
/// Specification: PEP 376, "RECORD"; PEP 427, "The .dist-info directory".
struct WheelRecord {
  /// One file.
  struct Row: Hashable, Sendable {
    /// The path, relative to the directory that holds `.dist-info`.
    let path: String
    /// The file's digest; none for RECORD itself and for bytecode.
    let digest: Digest?
    /// The file's size in bytes.
    let size: Int?
  }

  /// Why a RECORD can't be read.
  enum ParseError: Error, Equatable {
    case malformedLine(Int)
    case unknownHash(String)
  }

  let rows: [Row]

  init(rows: [Row]) { self.rows = rows }

  init(parsing bytes: [UInt8]) throws(ParseError) {
    var rows: [Row] = []
    var reader = CSVReader(bytes)
    while !reader.isAtEnd {
      let line = reader.line
      guard let fields = reader.next() else { throw .malformedLine(line) }
      if fields == [""] { continue }
      guard fields.count == 3, !fields[0].isEmpty else { throw .malformedLine(line) }
      rows.append(Row(path: fields[0], digest: try Self.digest(fields[1]), size: Int(fields[2])))
    }
    self.rows = rows
  }

  /// A hash is written `ALGORITHM=VALUE`, the value in base64 for URLs without padding.
  private static func digest(_ text: String) throws(ParseError) -> Digest? {
    if text.isEmpty { return nil }
    guard text.hasPrefix("sha256="), let bytes = Base64URL.decode(text.dropFirst(7)), bytes.count == 32 else {
      throw .unknownHash(text)
    }
    return Digest(algorithm: .sha256, bytes: bytes)
  }

  /// The list as CSV, sorted by path.
  var bytes: [UInt8] {
    let sorted = rows.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    var text = ""
    for row in sorted {
      let needsQuotes = row.path.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
      let path = row.path.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      text += needsQuotes ? "\"\(path)\"" : row.path
      text += ",\(row.digest.map { "sha256=" + Base64URL.encode(hex: $0.hex) } ?? ""),"
      text += "\(row.size.map(String.init) ?? "")\n"
    }
    return Array(text.utf8)
  }
}

/// Reads lines of comma-separated fields with quotes (RFC 4180).
private struct CSVReader {
  private let bytes: [UInt8]
  private var offset = 0
  private(set) var line = 1

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { offset == bytes.count }

  /// The fields of the next line; nil when it is malformed.
  mutating func next() -> [String]? {
    var fields: [String] = []
    while true {
      guard let field = field() else { return nil }
      fields.append(field)
      if offset < bytes.count, bytes[offset] == 0x2C {
        offset += 1
        continue
      }
      if offset < bytes.count, bytes[offset] == 0x0D { offset += 1 }
      guard offset == bytes.count || bytes[offset] == 0x0A else { return nil }
      if offset < bytes.count { offset += 1 }
      line += 1
      return fields
    }
  }

  private mutating func field() -> String? {
    var text: [UInt8] = []
    if offset < bytes.count, bytes[offset] == 0x22 {
      offset += 1
      while offset < bytes.count {
        if bytes[offset] == 0x22 {
          offset += 1
          guard offset < bytes.count, bytes[offset] == 0x22 else { return String(validating: text, as: UTF8.self) }
        }
        text.append(bytes[offset])
        offset += 1
      }
      return nil
    }
    while offset < bytes.count, ![0x2C, 0x0A, 0x0D].contains(bytes[offset]) {
      text.append(bytes[offset])
      offset += 1
    }
    return String(validating: text, as: UTF8.self)
  }
}

/// Base64 with the alphabet for URLs and without padding (RFC 4648, section 5).
enum Base64URL {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for character in text.utf8 {
      if character == UInt8(ascii: "=") { continue }
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }

  static func encode(hex: String) -> String {
    var text: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for digit in hex {
      bits = bits << 4 | UInt32(digit.hexDigitValue ?? 0)
      count += 4
      if count >= 6 {
        count -= 6
        text.append(alphabet[Int(bits >> UInt32(count)) & 63])
      }
    }
    if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count)) & 63]) }
    return String(decoding: text, as: UTF8.self)
  }
}
