extension TarEntry {
  /// The blocks that stand before the entry's content: a USTAR header and, only where that can't hold a value, pax records.
  ///
  /// Equal to what Go's archive/tar makes of the same entry, so that a layer written by BuildKit can be met byte for byte:
  /// numbers have all their zeros, owners have no names, and a name outside ASCII goes into a pax record.
  func headerBlocks() throws(LayerError) -> [UInt8] {
    let header = TarHeaderFields(self)
    var records = PAXRecords()
    for (name, value) in attributes { records[PAXRecords.attributePrefix + name] = value }
    for (name, number, digits) in header.numbers where number < 0 || number >= 1 << (digits * 3) {
      guard let record = header.record(for: name) else {
        throw .inconsistent(path: path, problem: "has a \(name) that tar can't hold: \(number)")
      }
      records[record] = Array(String(number).utf8)
    }
    if header.linkName.count > 100 || !header.linkName.isASCII { records["linkpath"] = header.linkName }
    let name = header.name
    let split = name.ustarSplit
    if split == nil { records["path"] = name }
    if records.values.isEmpty, let split { return header.block(prefix: split.prefix, name: split.name) }

    let body = records.bytes
    var blocks = TarHeaderFields.extended(path: path, size: body.count)
    blocks.append(contentsOf: body)
    blocks.append(contentsOf: repeatElement(0, count: -body.count & 511))
    blocks.append(contentsOf: header.block(prefix: [], name: name.truncatedASCII))
    return blocks
  }
}

/// The values of a header block, ready to be laid out.
private struct TarHeaderFields {
  let name: [UInt8]
  var linkName: [UInt8] = []
  var mode = 0
  var uid = 0
  var gid = 0
  var size = 0
  var modified = 0
  var type: UInt8
  var device: (major: Int, minor: Int)? = (0, 0)

  init(_ entry: TarEntry) {
    name = Array(entry.path.utf8) + (entry.kind == .directory ? [UInt8(ascii: "/")] : [])
    mode = Int(entry.mode)
    uid = Int(entry.uid)
    gid = Int(entry.gid)
    modified = entry.modified
    switch entry.kind {
    case .file:
      type = UInt8(ascii: "0")
      size = entry.size
    case .hardLink(let target):
      type = UInt8(ascii: "1")
      linkName = Array(target.utf8)
    case .symbolicLink(let target):
      type = UInt8(ascii: "2")
      linkName = Array(target.utf8)
    case .characterDevice(let major, let minor):
      type = UInt8(ascii: "3")
      device = (Int(major), Int(minor))
    case .blockDevice(let major, let minor):
      type = UInt8(ascii: "4")
      device = (Int(major), Int(minor))
    case .directory: type = UInt8(ascii: "5")
    case .fifo: type = UInt8(ascii: "6")
    }
  }

  /// The block before an entry's pax records: a file beside the entry that old readers would extract.
  static func extended(path: String, size: Int) -> [UInt8] {
    let parts = path.split(separator: "/")
    let name = (parts.dropLast() + ["PaxHeaders.0"] + parts.suffix(1)).joined(separator: "/")
    var fields = TarHeaderFields(TarEntry(path: name, kind: .file, mode: 0, size: size))
    fields.type = UInt8(ascii: "x")
    fields.device = nil
    return fields.block(prefix: [], name: fields.name.truncatedASCII)
  }

  /// The numbers with the octal digits that there is room for.
  var numbers: [(name: String, value: Int, digits: Int)] {
    [
      ("mode", mode, 7), ("uid", uid, 7), ("gid", gid, 7), ("size", size, 11), ("mtime", modified, 11),
      ("device number", device?.major ?? 0, 7), ("device number", device?.minor ?? 0, 7),
    ]
  }

  /// The pax record that may stand for a number.
  func record(for name: String) -> String? { ["uid", "gid", "size", "mtime"].contains(name) ? name : nil }

  func block(prefix: [UInt8], name: [UInt8]) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: TarHeader.blockSize)
    func put(_ bytes: some Collection<UInt8>, at offset: Int) {
      block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
    func put(_ number: Int, at offset: Int, digits: Int) {
      let text = String(number >= 0 && number < 1 << (digits * 3) ? number : 0, radix: 8)
      put(String(repeating: "0", count: digits - text.utf8.count).utf8 + Array(text.utf8), at: offset)
    }
    put(name, at: 0)
    put(mode, at: 100, digits: 7)
    put(uid, at: 108, digits: 7)
    put(gid, at: 116, digits: 7)
    put(size, at: 124, digits: 11)
    put(modified, at: 136, digits: 11)
    block[156] = type
    put(linkName.truncatedASCII, at: 157)
    put("ustar\u{0}00".utf8, at: 257)
    if let device {
      put(device.major, at: 329, digits: 7)
      put(device.minor, at: 337, digits: 7)
    }
    put(prefix, at: 345)
    put([UInt8](repeating: 0x20, count: 8), at: 148)
    put(block.reduce(0) { $0 + Int($1) }, at: 148, digits: 6)
    block[154] = 0
    return block
  }
}

extension [UInt8] {
  fileprivate var isASCII: Bool { allSatisfy { $0 < 0x80 } }

  /// What an old reader may see of a name that stands in a pax record.
  fileprivate var truncatedASCII: [UInt8] {
    let ascii = filter { $0 < 0x80 }
    var short = Array(ascii.prefix(100))
    // A file whose cut name ends in a slash would look like a directory.
    if ascii.count > 100 { while short.last == UInt8(ascii: "/") { short.removeLast() } }
    return short
  }

  /// The prefix and name fields for a path, nil when they can't hold it.
  fileprivate var ustarSplit: (prefix: [UInt8], name: [UInt8])? {
    guard isASCII else { return nil }
    if count <= 100 { return ([], self) }
    let end = count > 156 ? 156 : (last == UInt8(ascii: "/") ? count - 1 : count)
    guard let slash = self[..<end].lastIndex(of: UInt8(ascii: "/")), slash > 0, slash <= 155,
      (1...100).contains(count - slash - 1)
    else { return nil }
    return (Array(self[..<slash]), Array(self[(slash + 1)...]))
  }
}
