internal import OCI

/// A header of an RPM package: values by the number of their tag.
///
/// Specification: rpm's "Package Format", "Header Format": the number of entries and of bytes, an entry of 16 bytes for each tag, and
/// the bytes. All of it is checked here, so that reading a value can't leave the bytes.
public struct RPMHeader: Sendable, Hashable {
  /// One entry of the index.
  struct Entry: Sendable, Hashable {
    let tag: Int
    let type: Kind
    let offset: Int
    let count: Int
  }

  /// What values can be, by their number in the format.
  enum Kind: Int, Sendable {
    case char = 1
    case int8
    case int16
    case int32
    case int64
    case string
    case binary
    case strings
    case translated

    /// The bytes of a value; nil for those that end in a zero byte.
    var width: Int? {
      switch self {
      case .char, .int8, .binary: 1
      case .int16: 2
      case .int32: 4
      case .int64: 8
      case .string, .strings, .translated: nil
      }
    }
  }

  /// rpm's own limits: entries of an index, and bytes, of which the largest kernels need an eighth.
  static let entryLimit = 0xFFFF
  static let dataLimit = 256 << 20

  /// The counts, the index and the bytes, as a database keeps them: without the magic number.
  public let bytes: [UInt8]
  private let entries: [Int: Entry]
  private let dataStart: Int

  /// Reads a header without its magic number.
  public init(parsing bytes: [UInt8], name: String) throws(LayerError) {
    func malformed(_ problem: String) -> LayerError { .malformed(archive: name, problem: "its header \(problem)") }
    guard bytes.count >= 8 else { throw .truncated(archive: name) }
    let (entryCount, dataCount) = (Self.integer(bytes, 0), Self.integer(bytes, 4))
    guard (1...Self.entryLimit).contains(entryCount) else { throw malformed("has \(entryCount) entries") }
    guard dataCount <= Self.dataLimit else {
      throw .limit(archive: name, quantity: "header's size in bytes", maximum: Self.dataLimit)
    }
    dataStart = 8 + 16 * entryCount
    guard bytes.count == dataStart + dataCount else { throw malformed("is not as long as it says") }
    var entries: [Int: Entry] = [:]
    for place in stride(from: 8, to: dataStart, by: 16) {
      let tag = Self.integer(bytes, place)
      guard let type = Kind(rawValue: Self.integer(bytes, place + 4)) else { throw malformed("has a value of no type") }
      let entry = Entry(
        tag: tag, type: type, offset: Self.integer(bytes, place + 8), count: Self.integer(bytes, place + 12))
      guard entry.count > 0, entry.offset <= dataCount,
        Self.fits(entry, bytes[(dataStart + entry.offset)...]), entries.updateValue(entry, forKey: tag) == nil
      else { throw malformed("has a value that leaves it or is there twice") }
    }
    self.bytes = bytes
    self.entries = entries
  }

  private static func integer(_ bytes: [UInt8], _ place: Int) -> Int {
    bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
  }

  private static func fits(_ entry: Entry, _ data: ArraySlice<UInt8>) -> Bool {
    if let width = entry.type.width { return entry.count <= data.count / width }
    guard entry.count <= data.count, entry.type != .string || entry.count == 1 else { return false }
    var rest = data
    for _ in 0..<entry.count {
      guard let end = rest.firstIndex(of: 0) else { return false }
      rest = rest[(end + 1)...]
    }
    return true
  }

  /// The texts of a tag; empty when it is absent or something else.
  public func strings(_ tag: Tag) -> [String] {
    guard let entry = entries[tag.rawValue], entry.type.width == nil else { return [] }
    var texts: [String] = []
    texts.reserveCapacity(entry.count)
    var start = dataStart + entry.offset
    for _ in 0..<entry.count {
      guard let end = bytes[start...].firstIndex(of: 0) else { break }
      texts.append(String(decoding: bytes[start..<end], as: UTF8.self))
      start = end + 1
    }
    return texts
  }

  /// The first text of a tag.
  public func string(_ tag: Tag) -> String? { strings(tag).first }

  /// The numbers of a tag, without sign; empty when it is absent or something else.
  public func integers(_ tag: Tag) -> [Int] {
    guard let entry = entries[tag.rawValue], entry.type != .binary, let width = entry.type.width else { return [] }
    let start = dataStart + entry.offset
    return (0..<entry.count).map { number in
      let place = start + number * width
      return Int(truncatingIfNeeded: bytes[place..<place + width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
  }

  /// The bytes of a tag; nil when it is absent or something else.
  public func binary(_ tag: Tag) -> [UInt8]? {
    guard let entry = entries[tag.rawValue], entry.type == .binary || entry.type == .char else { return nil }
    let start = dataStart + entry.offset
    return Array(bytes[start..<start + entry.count])
  }

  /// A tag's value as it lies in the header, with its type and count; nil when it is absent.
  public func raw(_ tag: Tag) -> (type: Int, count: Int, bytes: [UInt8])? {
    guard let entry = entries[tag.rawValue] else { return nil }
    let start = dataStart + entry.offset
    var end = start
    if let width = entry.type.width {
      end += entry.count * width
    } else {
      for _ in 0..<entry.count { end = (bytes[end...].firstIndex(of: 0) ?? end) + 1 }
    }
    return (entry.type.rawValue, entry.count, Array(bytes[start..<end]))
  }

  /// The header with more values behind its own, whose bytes stay as they are and so as they were signed.
  ///
  /// - Parameter values: Each with the number of its type; none may have a tag that is there.
  public func appending(
    _ values: [(tag: Tag, type: Int, count: Int, bytes: [UInt8])], name: String
  ) throws(LayerError) -> RPMHeader {
    func big(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
    var data = Array(bytes[dataStart...])
    var index: [UInt8] = []
    for value in values {
      let width = Kind(rawValue: value.type)?.width ?? 1
      while data.count % width != 0 { data.append(0) }
      index += big(value.tag.rawValue) + big(value.type) + big(data.count) + big(value.count)
      data += value.bytes
    }
    let head = big((dataStart - 8) / 16 + values.count) + big(data.count)
    return try RPMHeader(parsing: head + bytes[8..<dataStart] + index + data, name: name)
  }
}
