import Host
import TestSupport
import Testing

@testable import Layers

/// Hash databases of Berkeley DB, beside its own programs.
@Suite(.serialized) struct `Berkeley DB` {
  /// Made-up bytes that are the same every time.
  struct Noise {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
  }

  /// Pairs as rpm has them: a number, and a header of any size, some of them with many pages.
  private static func records(_ count: Int, largest: Int = 30_000) -> [BerkeleyHash.Record] {
    var noise = Noise(state: UInt64(count))
    return (0..<count).map { number in
      let key = (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      let size = number == 0 ? 4 : number % 7 == 0 ? Int(noise.next()) % largest : Int(noise.next()) % 2000
      return BerkeleyHash.Record(key: key, value: noise.bytes(size))
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func sorted(_ records: [BerkeleyHash.Record]) -> [BerkeleyHash.Record] {
    records.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  /// Has Berkeley DB itself make a file; pairs are added one by one, so that buckets are split on the way.
  private static func load(_ records: [BerkeleyHash.Record], _ path: String, options: [String] = []) async throws {
    var text = "VERSION=3\nformat=bytevalue\ntype=hash\n"
    for option in options { text += option + "\n" }
    text += "HEADER=END\n"
    for record in records { text += " \(hex(record.key))\n \(hex(record.value))\n" }
    try Files.write(text + "DATA=END\n", to: path + ".text")
    try await MadeUpRPM.run("db5.3_load", ["-f", path + ".text", path])
  }

  /// What Berkeley DB's own program reads of a file.
  private static func dump(_ path: String) async throws -> [BerkeleyHash.Record] {
    let lines = try await MadeUpRPM.run("db5.3_dump", [path]).split(separator: "\n")
    let data = lines.drop { $0 != "HEADER=END" }.dropFirst().prefix { $0 != "DATA=END" }
    let values = data.map { line in
      let digits = Array(line.utf8.dropFirst()).map { $0 > 0x39 ? $0 - 87 : $0 - 48 }
      return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
    return stride(from: 0, to: values.count, by: 2).map { BerkeleyHash.Record(key: values[$0], value: values[$0 + 1]) }
  }

  @Test(arguments: [["db_pagesize=512"], ["db_pagesize=4096"], ["db_pagesize=65536"], ["db_lorder=4321"]])
  func `what Berkeley DB has written is read`(_ options: [String]) async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let records = Self.records(700)
    let path = directory.path + "/Packages"
    try await Self.load(records, path, options: options)
    let bytes = try Files.read(path)
    #expect(BerkeleyHash.isOne(bytes))
    #expect(Self.sorted(try BerkeleyHash(parsing: bytes, name: "p").records) == Self.sorted(records))
  }

  @Test(arguments: [0, 1, 2, 60, 500, 3000]) func `what is written, Berkeley DB reads, verifies and goes on with`(
    _ count: Int
  ) async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let records = Self.records(count, largest: count > 1000 ? 5000 : 300_000)
    let path = directory.path + "/Packages"
    let bytes = try BerkeleyHash(records).bytes(name: "p")
    #expect(try BerkeleyHash(records).bytes(name: "p") == bytes)
    try Files.write(bytes, to: path)
    try await MadeUpRPM.run("db5.3_verify", ["-q", path])
    #expect(Self.sorted(try await Self.dump(path)) == Self.sorted(records))
    #expect(Self.sorted(try BerkeleyHash(parsing: bytes, name: "p").records) == Self.sorted(records))
    // It puts more into it, and still finds everything.
    let more = (0..<40).map { number in
      BerkeleyHash.Record(key: [0xFF, UInt8(number), 0, 0x7F], value: [UInt8](repeating: UInt8(number), count: 5000))
    }
    try await Self.load(more, path)
    try await MadeUpRPM.run("db5.3_verify", ["-q", path])
    let grown = try BerkeleyHash(parsing: Files.read(path), name: "p").records
    #expect(Self.sorted(grown) == Self.sorted(records + more))
  }

  @Test func `a damaged file is refused or read, and nothing else`() async throws {
    let bytes = try BerkeleyHash(Self.records(40)).bytes(name: "p")
    var noise = Noise(state: 7)
    var refused = 0
    for _ in 0..<400 {
      var damaged = bytes
      for _ in 0..<(1 + Int(noise.next()) % 4) {
        // Most of what tells pages apart lies at the start of each.
        let page = Int(noise.next()) % (bytes.count / 4096)
        damaged[page * 4096 + Int(noise.next()) % (page == 0 ? 100 : 60)] = UInt8(truncatingIfNeeded: noise.next())
      }
      do { _ = try BerkeleyHash(parsing: damaged, name: "p") } catch { refused += 1 }
    }
    #expect(refused > 50)
    for count in [0, 11, 511, 512, 4096, bytes.count - 1] {
      #expect(throws: LayerError.self) { try BerkeleyHash(parsing: Array(bytes.prefix(count)), name: "p") }
    }
    #expect(throws: LayerError.self) {
      try BerkeleyHash(parsing: Array("SQLite format 3".utf8) + [UInt8](repeating: 0, count: 4096), name: "p")
    }
  }

  /// Changes of a sound file, at a place of its first chain of pages, and what is said of them.
  @Test func `pages that go in a circle, lie about their length or belong to two values are refused`() throws {
    let value = [UInt8](repeating: 1, count: 10_000)
    let records = [UInt8(1), 2].map { BerkeleyHash.Record(key: [$0, 0, 0, 0], value: value) }
    let bytes = try BerkeleyHash(records).bytes(name: "p")
    let pages = (0..<bytes.count / 4096).filter { bytes[$0 * 4096 + 25] == 7 }
    #expect(pages.count == 6)
    func message(_ place: Int, _ byte: UInt8) -> String {
      var changed = bytes
      changed[place] = byte
      do throws(LayerError) {
        _ = try BerkeleyHash(parsing: changed, name: "p")
        return "read"
      } catch { return error.description }
    }
    let circle = "has an item whose pages go in a circle, or leave the file"
    #expect(message(pages[0] * 4096 + 16, UInt8(pages[0])).hasSuffix(circle))
    #expect(message(pages[0] * 4096 + 16, UInt8(pages[4])).hasSuffix(circle))
    #expect(message(pages[0] * 4096 + 17, 0x40).hasSuffix(circle))
    #expect(message(pages[0] * 4096 + 16, 0).hasSuffix(circle))
    #expect(message(pages[1] * 4096 + 25, 13).hasSuffix("is no part of an item"))
    #expect(message(pages[1] * 4096 + 23, 0xFF).hasSuffix("is no part of an item"))
    #expect(message(16, 12) == "p uses version 12 of the hash format, which is not supported")
    #expect(message(20, 1).hasSuffix("its first page is none of settings"))
    #expect(message(33, 0xFF) == "p is damaged: it ends too early")
  }
}
