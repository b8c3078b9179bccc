/// The outline of a certificate: as much of RFC 5280's structure as its end stands in.
struct MadeUpCertificate: Sendable {
  /// The end of the validity as it is written, of two or four digits for the year.
  let until: String

  private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    content.count < 128 ? [tag, UInt8(content.count)] + content : [tag, 0x81, UInt8(content.count)] + content
  }

  private var der: [UInt8] {
    let validity =
      Self.element(0x17, Array("000101000000Z".utf8)) + Self.element(until.count == 13 ? 0x17 : 0x18, Array(until.utf8))
    let fields =
      Self.element(0xA0, [0x02, 0x01, 0x02]) + Self.element(0x02, [0x01]) + Self.element(0x30, [])
      + Self.element(0x30, [UInt8](repeating: 0, count: 130)) + Self.element(0x30, validity)
    return Self.element(0x30, Self.element(0x30, fields))
  }

  /// The certificate in its text form: RFC 7468.
  var pem: String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    var bytes = der[...]
    while !bytes.isEmpty {
      let group = Array(bytes.prefix(3))
      let bits = (0..<3).reduce(0) { $0 << 8 | Int($1 < group.count ? group[$1] : 0) }
      let letters = (0..<4).map { String(alphabet[bits >> (18 - 6 * $0) & 63]) }.prefix(group.count + 1)
      text += letters.joined() + String(repeating: "=", count: 3 - group.count)
      bytes = bytes.dropFirst(3)
    }
    return "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"
  }
}
