import OCI
import Trust

/// A made-up wheel: a zip archive with METADATA and some content, nothing compressed.
public struct MadeUpWheel: Sendable {
  /// The project.
  public let name: String
  /// The version.
  public let version: String
  /// The version of Python that the index says it needs.
  public let requiresPython: String?
  /// Why the index says it is withdrawn.
  public let yanked: String?
  /// Where it runs (PEP 425).
  public let tag: String
  /// What it says about itself.
  public let metadata: String
  /// The archive.
  public let bytes: [UInt8]

  /// Makes a wheel.
  ///
  /// - Parameters:
  ///   - padding: How many bytes its module has.
  ///   - metadataFirst: Whether the metadata stands before the module, out of reach of the archive's end.
  public init(
    _ name: String, _ version: String, requires: [String] = [], extras: [String] = [], requiresPython: String? = nil,
    yanked: String? = nil, padding: Int = 0, metadataFirst: Bool = false, tag: String = "py3-none-any"
  ) {
    self.tag = tag
    self.name = name
    self.version = version
    self.requiresPython = requiresPython
    self.yanked = yanked
    let fields =
      ["Metadata-Version: 2.1", "Name: \(name)", "Version: \(version)"]
      + (requiresPython.map { ["Requires-Python: \($0)"] } ?? []) + extras.map { "Provides-Extra: \($0)" }
      + requires.map { "Requires-Dist: \($0)" }
    metadata = fields.joined(separator: "\n") + "\n\nA description.\n"
    let content = (0..<padding).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
    let info = ("\(name)-\(version).dist-info/METADATA", Array(metadata.utf8))
    let module = ("\(name)/__init__.py", content)
    let wheel = (
      "\(name)-\(version).dist-info/WHEEL",
      Array("Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: \(tag)\n".utf8)
    )
    bytes = storedZip(metadataFirst ? [info, wheel, module] : [module, wheel, info])
  }

  /// The file's name.
  public var fileName: String { "\(name)-\(version)-\(tag).whl" }
  /// The file's digest.
  public var sha256: String { SHA256.digest(of: bytes).hex }
  /// The digest of the metadata.
  public var metadataDigest: String { SHA256.digest(of: metadata.utf8).hex }
}

/// The bytes of a zip archive whose members are stored as they are.
///
/// PKWARE APPNOTE 6.3.10, section 4.3.
private func storedZip(_ members: [(name: String, content: [UInt8])]) -> [UInt8] {
  func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
  var archive: [UInt8] = []
  var directory: [UInt8] = []
  for (name, content) in members {
    let common =
      little(20, 2) + little(0x800, 2) + little(0, 2) + little(0, 4) + little(Int(checksum(content)), 4)
      + little(content.count, 4) + little(content.count, 4) + little(name.utf8.count, 2) + little(0, 2)
    directory += little(0x0201_4b50, 4) + little(20, 2) + common + little(0, 10) + little(archive.count, 4) + name.utf8
    archive += little(0x0403_4b50, 4) + common + name.utf8 + content
  }
  let end =
    little(0x0605_4b50, 4) + little(0, 4) + little(members.count, 2) + little(members.count, 2)
    + little(directory.count, 4) + little(archive.count, 4) + little(0, 2)
  return archive + directory + end
}

/// CRC-32 as zip has it, bit by bit.
private func checksum(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
}
