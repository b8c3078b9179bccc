/// Radix-64 as OpenPGP wraps keys in (RFC 4880, section 6.2).
enum OpenPGPArmor {
  /// The packets of all armoured blocks, or the bytes themselves when they are not armoured.
  ///
  /// gpgv reads binary keyrings only, while apt takes both. A keybox, GnuPG's own format, is left out as apt does.
  static func decoded(_ bytes: [UInt8]) -> [UInt8] {
    let isKeybox = bytes.count > 12 && bytes[8..<12].elementsEqual("KBXf".utf8)
    if isKeybox { return [] }
    // Every binary packet starts with its highest bit set (section 4.2).
    guard let first = bytes.first, first < 0x80 else { return bytes }
    var packets: [UInt8] = []
    var isInside = false
    var isBody = false
    var bits: UInt32 = 0
    var count = 0
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let text = line.drop { $0 == 0x20 }.filter { $0 != 0x0D }
      if text.starts(with: "-----BEGIN PGP PUBLIC KEY".utf8) {
        (isInside, isBody, bits, count) = (true, false, 0, 0)
      } else if text.starts(with: "-----END".utf8) || text.first == UInt8(ascii: "=") {
        isInside = false
      } else if isInside && !isBody {
        // A header has a colon; deb822 writes the empty line that ends them as a dot.
        isBody = !text.contains(UInt8(ascii: ":"))
        if isBody && text.count > 1 { decode(text, &bits, &count, into: &packets) }
      } else if isInside {
        decode(text, &bits, &count, into: &packets)
      }
    }
    return packets
  }

  /// The bytes of a text in base64; what is no digit of it is passed over.
  static func base64(_ text: String) -> [UInt8] {
    var (packets, bits, count) = ([UInt8](), UInt32(0), 0)
    decode(Array(text.utf8), &bits, &count, into: &packets)
    return packets
  }

  private static func decode(_ line: [UInt8], _ bits: inout UInt32, _ count: inout Int, into packets: inout [UInt8]) {
    for byte in line {
      guard let value = value(of: byte) else { continue }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        packets.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
  }

  private static func value(of byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte) - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) + 4
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
