/// A hash database of Berkeley DB in one file, in which rpm kept its packages before it took to SQLite: pairs of bytes.
///
/// Specification: Berkeley DB 5.3, `dbinc/db_page.h`: a page with the settings; hash pages, whose items lie from the end of a page
/// towards its start; and chains of pages for what does not fit on one. Nothing in the file is believed: each page is taken once at
/// most, so that the work is bounded by the file's size.
public struct BerkeleyHash: Sendable, Hashable {
  /// One pair.
  public struct Record: Sendable, Hashable {
    /// The key.
    public let key: [UInt8]
    /// The value.
    public let value: [UInt8]

    /// Makes a pair.
    public init(key: [UInt8], value: [UInt8]) {
      self.key = key
      self.value = value
    }
  }

  /// What pages are, by their number in the format.
  enum Page {
    static let unsortedHash = 2
    static let overflow = 7
    static let metadata = 8
    static let hash = 13
    /// The bytes before a page's index of items.
    static let headerSize = 26
  }

  /// What items are, by their number in the format.
  enum Item {
    static let here = 1
    static let elsewhere = 3
  }

  static let magic = 0x061561
  /// The versions that 4.x and 5.x write: 7 for the oldest, 9 for those that sort the items of a page.
  private static let versions = 7...9

  /// The pairs, in no order that means anything.
  public let records: [Record]

  /// Whether bytes begin as such a database does.
  public static func isOne(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 512 && [false, true].contains { number(bytes, 12, isSwapped: $0) == magic }
  }

  /// Reads a database.
  ///
  /// - Parameter name: What it is called, for errors.
  public init(parsing bytes: [UInt8], name: String) throws(LayerError) {
    func malformed(_ problem: String) -> LayerError { .malformed(archive: name, problem: problem) }
    guard bytes.count >= 512 else { throw .truncated(archive: name) }
    guard Self.isOne(bytes) else { throw malformed("it is no hash database of Berkeley DB") }
    // A file has the byte order of the machine that wrote it.
    let isSwapped = Self.number(bytes, 12, isSwapped: false) != Self.magic
    func long(_ place: Int) -> Int { Self.number(bytes, place, isSwapped: isSwapped) }
    guard Self.versions.contains(long(16)) else {
      throw .unsupported(archive: name, feature: "version \(long(16)) of the hash format")
    }
    let pageSize = long(20)
    guard (512...65536).contains(pageSize), pageSize & (pageSize - 1) == 0, Int(bytes[25]) == Page.metadata else {
      throw malformed("its first page is none of settings")
    }
    guard bytes[24] == 0, bytes[26] == 0, long(36) == 0, long(48) == 0 else {
      throw .unsupported(archive: name, feature: "encryption, checksums, partitions or duplicates")
    }
    let pageCount = long(32) + 1
    guard pageCount <= bytes.count / pageSize else { throw .truncated(archive: name) }
    var reader = BerkeleyPages(
      bytes: bytes, name: name, pageSize: pageSize, pageCount: pageCount, isSwapped: isSwapped)
    var records: [Record] = []
    for page in 1..<max(pageCount, 1) { try reader.read(page, into: &records) }
    self.records = records
  }

  static func number(_ bytes: [UInt8], _ place: Int, isSwapped: Bool) -> Int {
    bytes[place..<place + 4].enumerated().reduce(0) { sum, byte in
      sum | Int(byte.element) << (8 * (isSwapped ? 3 - byte.offset : byte.offset))
    }
  }
}

/// The pages of a database behind the first.
private struct BerkeleyPages {
  let bytes: [UInt8]
  let name: String
  let pageSize: Int
  let pageCount: Int
  let isSwapped: Bool
  /// The pages of values that were read: none may be part of two.
  private var taken: Set<Int> = []

  init(bytes: [UInt8], name: String, pageSize: Int, pageCount: Int, isSwapped: Bool) {
    self.bytes = bytes
    self.name = name
    self.pageSize = pageSize
    self.pageCount = pageCount
    self.isSwapped = isSwapped
  }

  private func malformed(_ page: Int, _ problem: String) -> LayerError {
    .malformed(archive: name, problem: "its page \(page) \(problem)")
  }

  private func long(_ place: Int) -> Int { BerkeleyHash.number(bytes, place, isSwapped: isSwapped) }

  private func short(_ place: Int) -> Int {
    let (one, other) = (Int(bytes[place]), Int(bytes[place + 1]))
    return isSwapped ? one << 8 | other : other << 8 | one
  }

  /// Reads the pairs of a hash page; pages of another kind belong to values, or to nobody.
  mutating func read(_ page: Int, into records: inout [BerkeleyHash.Record]) throws(LayerError) {
    let start = page * pageSize
    let kind = Int(bytes[start + 25])
    guard kind == BerkeleyHash.Page.hash || kind == BerkeleyHash.Page.unsortedHash else { return }
    guard long(start + 8) == page else { throw malformed(page, "has the number of another") }
    let count = short(start + 20)
    let indexEnd = BerkeleyHash.Page.headerSize + 2 * count
    guard count % 2 == 0, indexEnd <= pageSize else { throw malformed(page, "has an index that leaves it") }
    var items: [[UInt8]] = []
    var end = pageSize
    for number in 0..<count {
      let offset = short(start + BerkeleyHash.Page.headerSize + 2 * number)
      guard offset >= indexEnd, offset < end else { throw malformed(page, "has an item that leaves its place") }
      items.append(try value(start + offset..<start + end, on: page))
      end = offset
    }
    for number in stride(from: 0, to: count, by: 2) {
      records.append(BerkeleyHash.Record(key: items[number], value: items[number + 1]))
    }
  }

  private mutating func value(_ range: Range<Int>, on page: Int) throws(LayerError) -> [UInt8] {
    switch Int(bytes[range.lowerBound]) {
    case BerkeleyHash.Item.here: return Array(bytes[(range.lowerBound + 1)..<range.upperBound])
    case BerkeleyHash.Item.elsewhere:
      guard range.count == 12 else { throw malformed(page, "has an item of a wrong length") }
      return try chain(from: long(range.lowerBound + 4), size: long(range.lowerBound + 8), on: page)
    default: throw .unsupported(archive: name, feature: "items of kind \(bytes[range.lowerBound])")
    }
  }

  /// Joins what lies on pages of its own.
  private mutating func chain(from first: Int, size: Int, on page: Int) throws(LayerError) -> [UInt8] {
    guard size <= bytes.count else { throw malformed(page, "has an item that is longer than the file") }
    var value: [UInt8] = []
    value.reserveCapacity(size)
    var next = first
    while value.count < size {
      guard (1..<pageCount).contains(next), taken.insert(next).inserted else {
        throw malformed(page, "has an item whose pages go in a circle, or leave the file")
      }
      let start = next * pageSize
      let length = short(start + 22)
      guard Int(bytes[start + 25]) == BerkeleyHash.Page.overflow, length > 0,
        length <= pageSize - BerkeleyHash.Page.headerSize, value.count + length <= size
      else { throw malformed(next, "is no part of an item") }
      let data = start + BerkeleyHash.Page.headerSize
      value.append(contentsOf: bytes[data..<data + length])
      next = long(start + 16)
    }
    return value
  }
}
