extension SimplePage {
  /// Reads the JSON form.
  ///
  /// Pages reach megabytes of which a few members matter, so the bytes are scanned once and the rest is stepped over; a
  /// tree of values would take most of the time of a resolution.
  ///
  /// PEP 691, "JSON Serialization"; PEP 700 for size and upload time; PEP 714 for the metadata's name.
  init(json bytes: [UInt8]) throws(SimplePageError) {
    let text = SimplePageText(bytes)
    self = try text.scan { (scanner) throws(SimplePageError) in
      var page = SimplePage()
      try scanner.object { (scanner, name) throws(SimplePageError) in
        switch name {
        case "files":
          try scanner.array { (scanner) throws(SimplePageError) in try page.append(try scanner.entry(of: text)) }
        case "meta":
          try scanner.object { (scanner, name) throws(SimplePageError) in
            guard name == "api-version", let version = try scanner.stringOrNil() else { return try scanner.skip() }
            try Self.requireReadable(version: version)
          }
        default: try scanner.skip()
        }
      }
      try scanner.end()
      return page
    }
  }
}

/// Is a page in its JSON form, out of which one file after the other is read.
final class SimplePageText: PythonFileSource {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The length in bytes.
  var count: Int { bytes.count }

  fileprivate func scan<Value>(
    from offset: Int = 0, _ body: (inout SimpleJSONScanner) throws(SimplePageError) -> Value
  ) throws(SimplePageError) -> Value {
    try bytes.withUnsafeBufferPointer { (bytes) throws(SimplePageError) in
      var scanner = SimpleJSONScanner(bytes, offset: offset)
      return try body(&scanner)
    }
  }

  /// The link that begins at an offset.
  func link(at offset: Int) throws(SimplePageError) -> SimplePage.Link {
    try scan(from: offset) { (scanner) throws(SimplePageError) in try scanner.link() }
  }

  func details(at offset: Int) -> PythonFile.Details {
    // It was stepped over before, so there is nothing to fail.
    let link = (try? link(at: offset)) ?? SimplePage.Link()
    return PythonFile.Details(
      url: link.address, sha256: link.sha256, size: link.size, requiresPython: link.requiresPython,
      yankReason: link.yankReason, uploadTime: link.uploadTime, metadataFile: link.metadataFile)
  }
}

/// Steps over JSON text, value by value.
///
/// An array would be retained and released at each step, which took a tenth of a resolution.
private struct SimpleJSONScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var offset: Int
  private var depth = 0
  /// Whether a text with an escape was seen.
  private var hasEscape = false

  init(_ bytes: UnsafeBufferPointer<UInt8>, offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  private func failure(_ expected: String) -> SimplePageError {
    SimplePageError(reason: "its JSON is broken at byte \(offset): expected \(expected)")
  }

  /// The next byte that is no white space, not taken.
  private mutating func peek() throws(SimplePageError) -> UInt8 {
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte > 0x20 || (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) { return byte }
      offset += 1
    }
    throw failure("more text")
  }

  private mutating func take(_ byte: UInt8) throws(SimplePageError) -> Bool {
    guard try peek() == byte else { return false }
    offset += 1
    return true
  }

  private mutating func require(_ byte: UInt8) throws(SimplePageError) {
    guard try take(byte) else { throw failure("'\(Character(Unicode.Scalar(byte)))'") }
  }

  mutating func end() throws(SimplePageError) {
    if (try? peek()) != nil { throw failure("the end") }
  }

  /// Calls the body for each member, with the value still to be taken.
  mutating func object(
    _ member: (inout SimpleJSONScanner, String) throws(SimplePageError) -> Void
  ) throws(SimplePageError) {
    try members { (scanner, name) throws(SimplePageError) in
      let text = String(decoding: name, as: UTF8.self)
      try member(&scanner, name.contains(UInt8(ascii: "\\")) ? scanner.unescaped(text) : text)
    }
  }

  /// Calls the body for each member with its name as it is written, escapes and all, and the value still to be taken.
  private mutating func members(
    _ member: (inout SimpleJSONScanner, Slice<UnsafeBufferPointer<UInt8>>) throws(SimplePageError) -> Void
  ) throws(SimplePageError) {
    try require(UInt8(ascii: "{"))
    try enter()
    defer { depth -= 1 }
    if try take(UInt8(ascii: "}")) { return }
    repeat {
      let (start, end, _) = try stringExtent()
      try require(UInt8(ascii: ":"))
      try member(&self, bytes[start..<end])
    } while try take(UInt8(ascii: ","))
    try require(UInt8(ascii: "}"))
  }

  /// Calls the body for each element, which it has to take.
  mutating func array(_ element: (inout SimpleJSONScanner) throws(SimplePageError) -> Void) throws(SimplePageError) {
    try require(UInt8(ascii: "["))
    try enter()
    defer { depth -= 1 }
    if try take(UInt8(ascii: "]")) { return }
    repeat { try element(&self) } while try take(UInt8(ascii: ","))
    try require(UInt8(ascii: "]"))
  }

  private mutating func enter() throws(SimplePageError) {
    depth += 1
    guard depth <= 64 else { throw SimplePageError(reason: "its JSON is nested deeper than 64") }
  }

  /// Steps over a file, and reads it at once if its text is not as simple as nearly all are.
  mutating func entry(of text: SimplePageText) throws(SimplePageError) -> SimplePage.Entry {
    _ = try peek()
    let start = offset
    hasEscape = false
    var fileName: String?
    var isPlain = false
    try members { (scanner, name) throws(SimplePageError) in
      if name.elementsEqual("filename".utf8) {
        fileName = try scanner.stringOrNil()
      } else if name.elementsEqual("url".utf8) {
        isPlain = try scanner.takePlainAddress()
      } else {
        try scanner.skip()
      }
    }
    if isPlain, !hasEscape, let fileName { return .unread(fileName: fileName, text: text, offset: start) }
    offset = start
    return .link(try link())
  }

  /// Steps over a text; whether it is an address that needs no base and has neither a fragment nor a login.
  private mutating func takePlainAddress() throws(SimplePageError) -> Bool {
    let (start, end, _) = try stringExtent()
    let content = bytes[start..<end]
    return content.starts(with: "https://".utf8)
      && !content.contains { $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: "@") }
  }

  mutating func link() throws(SimplePageError) -> SimplePage.Link {
    var link = SimplePage.Link()
    var olderMetadata: PythonFile.MetadataFile?
    var metadata: PythonFile.MetadataFile?
    try object { (scanner, name) throws(SimplePageError) in
      switch name {
      case "filename": link.fileName = try scanner.string()
      case "url": link.address = try scanner.string()
      case "hashes": link.sha256 = try scanner.sha256()
      case "requires-python": link.requiresPython = try scanner.stringOrNil()
      case "size": link.size = try scanner.integer()
      case "upload-time": link.uploadTime = try scanner.stringOrNil()
      case "yanked": link.yankReason = try scanner.flagOrString()
      case "core-metadata": metadata = try scanner.metadataFile()
      case "dist-info-metadata": olderMetadata = try scanner.metadataFile()
      default: try scanner.skip()
      }
    }
    link.metadataFile = metadata ?? olderMetadata ?? .notAnnounced
    return link
  }

  /// The member `sha256` of an object.
  private mutating func sha256() throws(SimplePageError) -> String? {
    var digest: String?
    try object { (scanner, name) throws(SimplePageError) in
      guard name == "sha256" else { return try scanner.skip() }
      digest = try scanner.stringOrNil().flatMap { SimplePage.sha256($0) }
    }
    return digest
  }

  /// A text as it is, `true` as an empty one.
  private mutating func flagOrString() throws(SimplePageError) -> String? {
    if try peek() == UInt8(ascii: "t") {
      try skip()
      return ""
    }
    return try stringOrNil()
  }

  private mutating func metadataFile() throws(SimplePageError) -> PythonFile.MetadataFile {
    switch try peek() {
    case UInt8(ascii: "{"): return .announced(sha256: try sha256())
    case UInt8(ascii: "t"):
      try skip()
      return .announced(sha256: nil)
    default:
      try skip()
      return .notAnnounced
    }
  }

  private mutating func integer() throws(SimplePageError) -> Int? {
    _ = try peek()
    let start = offset
    try skip()
    return Int(text(start, offset)).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// A text; any other value is stepped over.
  mutating func stringOrNil() throws(SimplePageError) -> String? {
    guard try peek() == UInt8(ascii: "\"") else {
      try skip()
      return nil
    }
    return try string()
  }

  mutating func string() throws(SimplePageError) -> String {
    let (start, end, isEscaped) = try stringExtent()
    return isEscaped ? try unescaped(text(start, end)) : text(start, end)
  }

  private func text(_ start: Int, _ end: Int) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
  }

  /// Moves behind a text and says where its content lies.
  private mutating func stringExtent() throws(SimplePageError) -> (Int, Int, Bool) {
    try require(UInt8(ascii: "\""))
    let start = offset
    var isEscaped = false
    while offset < bytes.count {
      skipPlain()
      guard offset < bytes.count else { break }
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        offset += 1
        return (start, offset - 1, isEscaped)
      case UInt8(ascii: "\\"):
        isEscaped = true
        hasEscape = true
        offset += 2
      case 0..<0x20: throw failure("no control character in a text")
      default: offset += 1
      }
    }
    throw failure("the end of a text")
  }

  /// Moves over sixteen bytes at a time for as long as none of them ends a text, escapes or is refused in one.
  private mutating func skipPlain() {
    guard let base = bytes.baseAddress else { return }
    let quote = SIMD16<UInt8>(repeating: UInt8(ascii: "\""))
    let escape = SIMD16<UInt8>(repeating: UInt8(ascii: "\\"))
    let firstPlain = SIMD16<UInt8>(repeating: 0x20)
    while offset + 16 <= bytes.count {
      let block = UnsafeRawPointer(base + offset).loadUnaligned(as: SIMD16<UInt8>.self)
      if any((block .== quote) .| (block .== escape) .| (block .< firstPlain)) { return }
      offset += 16
    }
  }

  private func unescaped(_ content: String) throws(SimplePageError) -> String {
    var units: [UInt16] = []
    var rest = content.utf16[...]
    while let unit = rest.popFirst() {
      guard unit == 0x5c else {
        units.append(unit)
        continue
      }
      switch rest.popFirst() {
      case 0x62: units.append(8)
      case 0x66: units.append(12)
      case 0x6e: units.append(10)
      case 0x72: units.append(13)
      case 0x74: units.append(9)
      case 0x75:
        let digits = String(decoding: rest.prefix(4), as: UTF16.self)
        guard digits.utf8.count == 4, !digits.hasPrefix("+"), let value = UInt16(digits, radix: 16) else {
          throw failure("four hexadecimal digits")
        }
        units.append(value)
        rest = rest.dropFirst(4)
      case let other? where other == 0x22 || other == 0x5c || other == 0x2f: units.append(other)
      default: throw failure("an escape that exists")
      }
    }
    return String(decoding: units, as: UTF16.self)
  }

  /// Steps over any value.
  mutating func skip() throws(SimplePageError) {
    switch try peek() {
    case UInt8(ascii: "{"): try members { (scanner, _) throws(SimplePageError) in try scanner.skip() }
    case UInt8(ascii: "["): try array { (scanner) throws(SimplePageError) in try scanner.skip() }
    case UInt8(ascii: "\""): _ = try stringExtent()
    default:
      let start = offset
      while offset < bytes.count, Self.isInWord(bytes[offset]) { offset += 1 }
      guard offset > start else { throw failure("a value") }
    }
  }

  /// Whether a byte can be part of a number, `true`, `false` or `null`.
  private static func isInWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"): true
    default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
    }
  }
}
