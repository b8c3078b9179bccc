internal import Host
internal import OCI
internal import Trust

/// An RPM package: what it says of itself, what signs it, and the way to its files.
///
/// Specification: rpm's "Package Format", version 4: a lead of 96 bytes, a header of signatures and digests that is padded to eight
/// bytes, the header, and the payload. The digests of the header are compared as it is read, that of the payload as that is.
public struct RPMArchive: Sendable {
  /// The package's path.
  public let path: String
  /// The signatures and digests.
  public let signatures: RPMHeader
  /// The header.
  public let header: RPMHeader
  /// What the header has the signature and the digests of: itself with its magic number.
  public let signedRange: Range<Int>
  /// Where the payload's bytes lie in the file.
  public let payloadRange: Range<Int>

  /// rpm's magic numbers: of a package, and of a header with its version and four bytes that are reserved.
  private static let leadMagic: [UInt8] = [0xED, 0xAB, 0xEE, 0xDB]
  static let headerMagic: [UInt8] = [0x8E, 0xAD, 0xE8, 0x01, 0, 0, 0, 0]
  private static let leadSize = 96

  /// Reads the headers of a package and compares their digests.
  public init(path: String) throws(LayerError) {
    self.path = path
    var size = 0
    do throws(SystemError) { size = try FileHandle(reading: path).size() } catch { throw .system(error) }
    let lead = try Self.bytes(path, 0, 8, of: size)
    guard lead.starts(with: Self.leadMagic) else {
      throw .malformed(archive: path, problem: "it does not start as an RPM package")
    }
    guard (3...4).contains(lead[4]) else {
      throw .unsupported(archive: path, feature: "version \(lead[4]) of the package format")
    }
    let (signatures, end) = try Self.header(path, at: Self.leadSize, of: size)
    self.signatures = signatures
    let start = (end + 7) / 8 * 8
    let (header, payload) = try Self.header(path, at: start, of: size)
    self.header = header
    signedRange = start..<payload
    payloadRange = payload..<size
    try checkHeader()
  }

  private static func bytes(_ path: String, _ offset: Int, _ count: Int, of size: Int) throws(LayerError) -> [UInt8] {
    guard offset <= size, count <= size - offset else { throw .truncated(archive: path) }
    return try FileSource(path: path, range: offset..<offset + count).readAll(limit: count)
  }

  private static func header(_ path: String, at offset: Int, of size: Int) throws(LayerError) -> (RPMHeader, end: Int) {
    let start = try bytes(path, offset, 16, of: size)
    guard start.starts(with: headerMagic[..<4]) else {
      throw .malformed(archive: path, problem: "it has no header where one should be")
    }
    let entries = start[8..<12].reduce(0) { $0 << 8 | Int($1) }
    let data = start[12..<16].reduce(0) { $0 << 8 | Int($1) }
    guard entries <= RPMHeader.entryLimit, data <= RPMHeader.dataLimit else {
      throw .limit(archive: path, quantity: "header's number of entries or bytes", maximum: RPMHeader.dataLimit)
    }
    let count = 8 + 16 * entries + data
    let header = try RPMHeader(parsing: try bytes(path, offset + 8, count, of: size), name: path)
    return (header, offset + 8 + count)
  }

  /// The bytes that are signed.
  public func signedBytes() throws(LayerError) -> [UInt8] { Self.headerMagic + header.bytes }

  private func checkHeader() throws(LayerError) {
    let signed = try signedBytes()
    func expect(_ digest: String, _ expected: String?, _ name: String) throws(LayerError) {
      guard let expected, expected.lowercased() != digest else { return }
      throw .malformed(archive: path, problem: "its header does not have the \(name) digest that it states")
    }
    try expect(SHA256.digest(of: signed).hex, signatures.string(.sha256), "SHA-256")
    try expect(Self.hex(LegacyDigest.sha1(of: signed)), signatures.string(.sha1), "SHA-1")
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }

  /// Its name, version and architecture in rpm's order, for example `bash-5.2.15-1.x86_64`.
  public var label: String {
    let part = { (tag: RPMHeader.Tag) in header.string(tag) ?? "" }
    return "\(part(.name))-\(part(.version))-\(part(.release)).\(part(.architecture))"
  }

  /// The files as the header describes them, in its order.
  public func files() throws(LayerError) -> [RPMFile] { try header.files(of: path) }
}
