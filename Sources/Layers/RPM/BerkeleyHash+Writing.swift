internal import OCI
internal import Trust

extension BerkeleyHash {
  /// Pairs of which the keys differ from each other.
  public init(_ records: [Record]) { self.records = records }

  private static let pageSize = 4096
  /// How many pairs a page has room for, where each key has at most 16 bytes and each value a chain of its own: 17 for a key with
  /// its kind, 12 for a chain's item, 4 for two places in the index; half of that, as hashes never spread evenly.
  private static let pairsOfPage = (pageSize - Page.headerSize) / (17 + 12 + 4) / 2
  private static let keyLimit = 16

  /// The database as a file that Berkeley DB 4.6 and newer read: the same pairs give the same bytes.
  ///
  /// All buckets are made at once, so that each is one page; values have pages of their own. Numbers are little-endian.
  ///
  /// - Throws: ``LayerError/limit(archive:quantity:maximum:)`` for a long key, or if keys collide too often for one page.
  public func bytes(name: String) throws(LayerError) -> [UInt8] {
    var bucketCount = 2
    while bucketCount * Self.pairsOfPage < records.count { bucketCount *= 2 }
    var buckets = [[Record]](repeating: [], count: bucketCount)
    for record in records {
      guard record.key.count <= Self.keyLimit else {
        throw .limit(archive: name, quantity: "key's size in bytes", maximum: Self.keyLimit)
      }
      buckets[Int(Self.hash(record.key)) & (bucketCount - 1)].append(record)
    }
    var chains: [UInt8] = []
    var pages: [UInt8] = []
    for (number, bucket) in buckets.enumerated() {
      guard bucket.count <= 2 * Self.pairsOfPage else {
        throw .limit(archive: name, quantity: "number of keys of one hash", maximum: 2 * Self.pairsOfPage)
      }
      var page = PageWriter(number: number + 1, kind: Page.hash)
      for record in bucket.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
        page.add([UInt8(Item.here)] + record.key)
        if record.value.count < 12 {
          page.add([UInt8(Item.here)] + record.value)
        } else {
          let first = 1 + bucketCount + chains.count / Self.pageSize
          page.add([UInt8(Item.elsewhere), 0, 0, 0] + Self.little(first) + Self.little(record.value.count))
          chains += Self.chain(record.value, from: first)
        }
      }
      pages += page.bytes
    }
    let pageCount = 1 + bucketCount + chains.count / Self.pageSize
    return settings(bucketCount: bucketCount, pageCount: pageCount) + pages + chains
  }

  /// Fowler's, Noll's and Vo's hash as Berkeley DB has it (`hash_func.c`, `__ham_func5`).
  private static func hash(_ key: [UInt8]) -> UInt32 { key.reduce(0) { ($0 &* 16_777_619) ^ UInt32($1) } }

  private static func little(_ number: Int, count: Int = 4) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  /// The first page.
  private func settings(bucketCount: Int, pageCount: Int) -> [UInt8] {
    var page = [UInt8](repeating: 0, count: Self.pageSize)
    func put(_ number: Int, at place: Int) { page.replaceSubrange(place..<place + 4, with: Self.little(number)) }
    // A log's place that says that there is no log.
    put(1, at: 4)
    put(Self.magic, at: 12)
    put(9, at: 16)
    put(Self.pageSize, at: 20)
    page[25] = UInt8(Page.metadata)
    put(pageCount - 1, at: 32)
    put(bucketCount - 1, at: 72)
    put(bucketCount - 1, at: 76)
    put(bucketCount / 2 - 1, at: 80)
    put(records.count, at: 88)
    // By the hash of this text a reader knows that it has the writer's function.
    put(Int(Self.hash(Array("%$sniglet^&".utf8) + [0])), at: 92)
    // The first page of each doubling of the number of buckets, less the buckets before it: they all follow each other.
    for doubling in 0...bucketCount.trailingZeroBitCount { put(1, at: 96 + 4 * doubling) }
    // Files are told apart by 20 bytes: here by what is in them.
    var hash = SHA256()
    for record in records { hash.update(record.key + Self.little(record.value.count) + record.value) }
    page.replaceSubrange(52..<72, with: hash.finish().hex.utf8.prefix(20))
    return page
  }

  /// The pages of a value.
  private static func chain(_ value: [UInt8], from first: Int) -> [UInt8] {
    let room = pageSize - Page.headerSize
    let count = (value.count + room - 1) / room
    var pages: [UInt8] = []
    pages.reserveCapacity(count * pageSize)
    for number in 0..<count {
      let part = value[(number * room)..<Swift.min(value.count, (number + 1) * room)]
      pages += [0, 0, 0, 0] + little(1) + little(first + number)
      pages += little(number == 0 ? 0 : first + number - 1) + little(number == count - 1 ? 0 : first + number + 1)
      // The number of references, and how many bytes are used.
      pages += little(1, count: 2) + little(part.count, count: 2) + [0, UInt8(Page.overflow)]
      pages += part
      pages += [UInt8](repeating: 0, count: room - part.count)
    }
    return pages
  }

  /// A hash page while it is filled from its end.
  private struct PageWriter {
    private(set) var bytes: [UInt8]
    private var count = 0
    private var free = BerkeleyHash.pageSize

    init(number: Int, kind: Int) {
      bytes = [UInt8](repeating: 0, count: BerkeleyHash.pageSize)
      bytes[4] = 1
      bytes.replaceSubrange(8..<12, with: BerkeleyHash.little(number))
      bytes[25] = UInt8(kind)
      update()
    }

    private mutating func update() {
      bytes.replaceSubrange(20..<24, with: BerkeleyHash.little(count, count: 2) + BerkeleyHash.little(free, count: 2))
    }

    mutating func add(_ item: [UInt8]) {
      free -= item.count
      bytes.replaceSubrange(free..<free + item.count, with: item)
      let place = BerkeleyHash.Page.headerSize + 2 * count
      bytes.replaceSubrange(place..<place + 2, with: BerkeleyHash.little(free, count: 2))
      count += 1
      update()
    }
  }
}
