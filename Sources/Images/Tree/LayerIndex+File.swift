internal import Host
internal import Layers
internal import OCI

extension LayerIndex {
  /// The first field; another one is an index of another version, and is made anew.
  private static let format = "drydock-layer-index-4"

  /// The index as a file: fields that end in a zero byte, and raw bytes after their count.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    func field(_ text: String) {
      bytes.append(contentsOf: text.utf8)
      bytes.append(0)
    }
    func raw(_ content: [UInt8]) {
      field(String(content.count))
      bytes.append(contentsOf: content)
    }
    field(Self.format)
    field(String(items.count))
    for item in items {
      let entry = item.entry
      field(entry.path)
      let (letter, link) = Self.written(entry.kind)
      field(letter)
      field(link)
      for number in [Int(entry.mode), Int(entry.uid), Int(entry.gid), entry.size, entry.modified] {
        field(String(number))
      }
      field(item.digest?.hex ?? "")
      field(String(entry.attributes.count))
      for (name, value) in entry.attributes.sorted(by: { $0.key < $1.key }) {
        field(name)
        raw(value)
      }
      if let content = item.content { raw(content) } else { field("") }
    }
    return bytes
  }

  /// Reads such a file; nil is one of another version, or a damaged one.
  init?(parsing bytes: [UInt8]) {
    var reader = FieldReader(bytes)
    guard reader.text() == Self.format, let count = reader.integer() else { return nil }
    var items: [Item] = []
    items.reserveCapacity(min(count, bytes.count / 16))
    for _ in 0..<count {
      guard let item = reader.item() else { return nil }
      items.append(item)
    }
    self.init(items: items)
  }

  private static func written(_ kind: TarEntry.Kind) -> (String, link: String) {
    switch kind {
    case .file: ("f", "")
    case .directory: ("d", "")
    case .symbolicLink(let target): ("l", target)
    case .hardLink(let target): ("h", target)
    case .characterDevice(let major, let minor): ("c", "\(major) \(minor)")
    case .blockDevice(let major, let minor): ("b", "\(major) \(minor)")
    case .fifo: ("p", "")
    }
  }
}

/// Reads the fields of an index file.
private struct FieldReader {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func text() -> String? {
    guard let end = bytes[offset...].firstIndex(of: 0) else { return nil }
    defer { offset = end + 1 }
    return String(decoding: bytes[offset..<end], as: UTF8.self)
  }

  mutating func integer() -> Int? { text().flatMap { Int($0) } }

  private mutating func raw(_ count: Int) -> [UInt8]? {
    guard count >= 0, count <= bytes.count - offset else { return nil }
    defer { offset += count }
    return Array(bytes[offset..<offset + count])
  }

  mutating func item() -> LayerIndex.Item? {
    guard let path = text(), let letter = text(), let link = text(), let kind = Self.kind(letter, link),
      let mode = integer(), let uid = integer(), let gid = integer(), let size = integer(), let modified = integer(),
      let hex = text(), let attributeCount = integer()
    else { return nil }
    var entry = TarEntry(
      path: path, kind: kind, mode: UInt32(truncatingIfNeeded: mode), uid: UInt32(truncatingIfNeeded: uid),
      gid: UInt32(truncatingIfNeeded: gid), size: size, modified: modified)
    for _ in 0..<attributeCount {
      guard let name = text(), let count = integer(), let value = raw(count) else { return nil }
      entry.attributes[name] = value
    }
    guard let kept = text() else { return nil }
    var content: [UInt8]?
    if let count = Int(kept) {
      guard let bytes = raw(count) else { return nil }
      content = bytes
    }
    return LayerIndex.Item(entry: entry, digest: try? Digest(algorithm: .sha256, hex: hex), content: content)
  }

  private static func kind(_ letter: String, _ link: String) -> TarEntry.Kind? {
    let numbers = link.split(separator: " ").compactMap { UInt32($0) }
    switch letter {
    case "f": return .file
    case "d": return .directory
    case "l": return .symbolicLink(target: link)
    case "h": return .hardLink(target: link)
    case "c": return numbers.count == 2 ? .characterDevice(major: numbers[0], minor: numbers[1]) : nil
    case "b": return numbers.count == 2 ? .blockDevice(major: numbers[0], minor: numbers[1]) : nil
    case "p": return .fifo
    default: return nil
    }
  }
}
