import Trust

/// A Java key store in Sun's own format, whose entries hold the time at which they were made.
///
/// The format is the one that `sun.security.provider.JavaKeyStore` reads: a magic number, a version, the entries, and a SHA-1
/// over the password, a phrase and all that stands before.
enum JavaKeyStore {
  private static let magic: [UInt8] = [0xFE, 0xED, 0xFE, 0xED]

  /// The same store with all entries made at one time, and its digest set right.
  ///
  /// - Parameters:
  ///   - seconds: The time, in seconds since 1970.
  ///   - password: What the digest is made with; Debian's store of certificates has `changeit`.
  /// - Returns: `nil` if the bytes are no such store, or are protected by another password.
  static func redated(_ store: [UInt8], to seconds: Int, password: String = "changeit") -> [UInt8]? {
    guard store.count > 32, store.starts(with: magic),
      trailer(of: store.dropLast(20), password: password).elementsEqual(store.suffix(20))
    else { return nil }
    var reader = Reader(bytes: store, end: store.count - 20)
    var result = store
    reader.offset = 4
    guard let version = reader.number(4), version == 1 || version == 2, let count = reader.number(4) else { return nil }
    for _ in 0..<count {
      guard let tag = reader.number(4), reader.skipText() else { return nil }
      let date = reader.offset
      guard reader.skip(8) else { return nil }
      let milliseconds = UInt64(max(0, seconds)) * 1000
      for index in 0..<8 { result[date + index] = UInt8(truncatingIfNeeded: milliseconds >> UInt64(56 - 8 * index)) }
      switch tag {
      case 1:
        guard reader.skipBlock(), let chain = reader.number(4) else { return nil }
        for _ in 0..<chain { guard reader.skipCertificate(version) else { return nil } }
      case 2: guard reader.skipCertificate(version) else { return nil }
      default: return nil
      }
    }
    guard reader.offset == reader.end else { return nil }
    result.replaceSubrange((result.count - 20)..., with: trailer(of: result.dropLast(20), password: password))
    return result
  }

  private static func trailer(of content: ArraySlice<UInt8>, password: String) -> [UInt8] {
    var message: [UInt8] = []
    for unit in password.utf16 { message += [UInt8(unit >> 8), UInt8(unit & 0xFF)] }
    message += Array("Mighty Aphrodite".utf8)
    return LegacyDigest.sha1(of: message + content)
  }

  private struct Reader {
    let bytes: [UInt8]
    let end: Int
    var offset = 0

    mutating func number(_ width: Int) -> Int? {
      guard end - offset >= width else { return nil }
      defer { offset += width }
      return bytes[offset..<offset + width].reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func skip(_ count: Int) -> Bool {
      guard count >= 0, end - offset >= count else { return false }
      offset += count
      return true
    }

    mutating func skipText() -> Bool { number(2).map { skip($0) } ?? false }

    mutating func skipBlock() -> Bool { number(4).map { skip($0) } ?? false }

    mutating func skipCertificate(_ version: Int) -> Bool { (version == 1 || skipText()) && skipBlock() }
  }
}
