import Host

/// A file of certificates that are trusted, and until when.
///
/// Only the validity is read, by a walk over the DER structure; nothing here decides whom to trust.
struct CertificateBundle: Equatable, Sendable {
  /// The end of each certificate's validity, in seconds since 1970.
  let ends: [Int]
  /// How many blocks could not be read.
  let unreadable: Int

  /// Reads a file's PEM blocks: RFC 7468.
  init(parsing bytes: [UInt8]) {
    var ends: [Int] = []
    var unreadable = 0
    var rest = bytes[...]
    let begin = Array("-----BEGIN CERTIFICATE-----".utf8)
    let end = Array("-----END CERTIFICATE-----".utf8)
    while let start = Self.find(begin, in: rest) {
      let body = rest[(start + begin.count)...]
      guard let stop = Self.find(end, in: body) else {
        unreadable += 1
        break
      }
      if let der = Self.base64(body[..<stop]), let time = Self.notAfter(der) {
        ends.append(time)
      } else {
        unreadable += 1
      }
      rest = body[(stop + end.count)...]
    }
    self.ends = ends
    self.unreadable = unreadable
  }

  /// Where a text begins; both begin with dashes, so only dashes are looked at.
  private static func find(_ text: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    var place = bytes.startIndex
    while let dash = bytes[place...].firstIndex(of: UInt8(ascii: "-")) {
      if bytes[dash...].starts(with: text) { return dash }
      place = bytes[dash...].firstIndex { $0 != UInt8(ascii: "-") } ?? bytes.endIndex
    }
    return nil
  }

  private static func base64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(text.count * 3 / 4)
    var bits: UInt32 = 0
    var count = 0
    for byte in text {
      let value: UInt8
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 65
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 71
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte + 4
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      case UInt8(ascii: "="), 0x0A, 0x0D, 0x20, 0x09: continue
      default: return nil
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return output
  }

  // MARK: DER

  /// The end of the validity: RFC 5280, section 4.1.
  private static func notAfter(_ der: [UInt8]) -> Int? {
    var certificate = der[...]
    guard var outer = element(0x30, of: &certificate), var fields = element(0x30, of: &outer) else { return nil }
    // version [0] is absent in version 1; serialNumber, signature and issuer come before the validity.
    if fields.first == 0xA0 { _ = element(0xA0, of: &fields) }
    guard element(0x02, of: &fields) != nil, element(0x30, of: &fields) != nil, element(0x30, of: &fields) != nil,
      var validity = element(0x30, of: &fields), let first = validity.first, element(first, of: &validity) != nil,
      let tag = validity.first, let time = element(tag, of: &validity)
    else { return nil }
    return seconds(String(decoding: time, as: UTF8.self), isShort: tag == 0x17)
  }

  /// The content of the next element, when it has this tag: X.690, sections 8.1.2 and 8.1.3.
  private static func element(_ tag: UInt8, of bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard bytes.first == tag, let first = bytes.dropFirst().first else { return nil }
    var header = 2
    var length = Int(first)
    if first >= 0x80 {
      let count = Int(first & 0x7F)
      guard count >= 1, count <= 4, bytes.count >= 2 + count else { return nil }
      length = bytes.dropFirst(2).prefix(count).reduce(0) { $0 << 8 | Int($1) }
      header += count
    }
    guard bytes.count >= header + length else { return nil }
    defer { bytes = bytes.dropFirst(header + length) }
    return bytes.dropFirst(header).prefix(length)
  }

  /// A UTCTime of two digits for the year, or a GeneralizedTime of four: RFC 5280, section 4.1.2.5.
  private static func seconds(_ text: String, isShort: Bool) -> Int? {
    let digits = text.prefix(while: \.isNumber)
    guard text.hasSuffix("Z"), digits.count == (isShort ? 12 : 14) else { return nil }
    var fields = digits
    func next(_ count: Int) -> String {
      defer { fields = fields.dropFirst(count) }
      return String(fields.prefix(count))
    }
    let year = isShort ? next(2) : next(4)
    let century = !isShort ? "" : (Int(year) ?? 0) >= 50 ? "19" : "20"
    return Clock.seconds(
      rfc3339: "\(century)\(year)-\(next(2))-\(next(2))T\(next(2)):\(next(2)):\(next(2))Z")
  }
}
