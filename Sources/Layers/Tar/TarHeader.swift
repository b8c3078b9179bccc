/// The fields of a tar header block as they stand there, before extended records change them.
///
/// Specification: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
struct TarHeader {
  static let blockSize = 512

  let name: [UInt8]
  let linkName: [UInt8]
  let mode: Int
  let uid: Int
  let gid: Int
  let size: Int
  let modified: Int
  let type: UInt8
  let deviceMajor: Int
  let deviceMinor: Int

  /// Reads a block that is not all zeros; nil when its checksum or a number is wrong.
  init?(parsing block: UnsafeRawBufferPointer) {
    guard let stored = Self.number(block, 148, 8) else { return nil }
    var sum = 0
    var signedSum = 0
    for index in 0..<Self.blockSize {
      let byte: UInt8 = (148..<156).contains(index) ? 0x20 : block[index]
      sum += Int(byte)
      signedSum += Int(Int8(bitPattern: byte))
    }
    guard stored == sum || stored == signedSum else { return nil }
    guard let mode = Self.number(block, 100, 8), let uid = Self.number(block, 108, 8),
      let gid = Self.number(block, 116, 8), let size = Self.number(block, 124, 12),
      let modified = Self.number(block, 136, 12)
    else { return nil }
    self.mode = mode
    self.uid = uid
    self.gid = gid
    self.size = size
    self.modified = modified
    type = block[156]
    linkName = Self.text(block, 157, 100)
    var name = Self.text(block, 0, 100)
    // Only POSIX's magic has a prefix there; GNU's ("ustar ") keeps times in its place.
    let isUSTAR = block[257..<263].elementsEqual("ustar\0".utf8)
    if isUSTAR, block[345] != 0 {
      name = Self.text(block, 345, 155) + [UInt8(ascii: "/")] + name
    }
    self.name = name
    deviceMajor = Self.number(block, 329, 8) ?? 0
    deviceMinor = Self.number(block, 337, 8) ?? 0
  }

  private static func text(_ block: UnsafeRawBufferPointer, _ offset: Int, _ length: Int) -> [UInt8] {
    Array(block[offset..<offset + length].prefix { $0 != 0 })
  }

  /// An octal number, or GNU's base-256 form, whose first bit is set; nil when it is neither or too large.
  private static func number(_ block: UnsafeRawBufferPointer, _ offset: Int, _ length: Int) -> Int? {
    let field = block[offset..<offset + length]
    if let first = field.first, first & 0x80 != 0 {
      var value = first & 0x40 != 0 ? -1 : 0
      for (index, byte) in field.enumerated() {
        guard (-(1 << 54)..<(1 << 54)).contains(value) else { return nil }
        value = (value << 8) | Int(index == 0 && first & 0x40 == 0 ? byte & 0x7F : byte)
      }
      return value
    }
    var value = 0
    var isStarted = false
    for byte in field {
      switch byte {
      case 0x30...0x37:
        value = value << 3 | Int(byte - 0x30)
        isStarted = true
      case 0x20 where !isStarted: continue
      case 0x20, 0: return value
      default: return nil
      }
    }
    return value
  }
}
