import Host
import TestSupport
import Testing

@testable import Layers

/// Files that are written past the page cache, on a disk and where that is not possible.
struct DirectFileSinkTests {
  private static let lengths = [0, 1, 4095, 4096, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, 9_000_001]

  private func check(in directory: String) throws {
    for length in Self.lengths {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 11) }
      let path = "\(directory)/\(length)"
      let sink = try DirectFileSink(path: path)
      // In pieces that fit no block.
      var start = 0
      while start < length {
        let end = min(length, start + 300_007)
        try sink.write(Array(bytes[start..<end]))
        start = end
      }
      try sink.finish()
      #expect(try Files.read(path) == bytes)
      #expect(throws: LayerError.self) { try DirectFileSink(path: path) }
    }
  }

  @Test func `a disk gets every byte`() throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    try check(in: directory.path)
  }

  @Test func `so does a file system in memory`() throws {
    let directory = try TemporaryDirectory(in: "/dev/shm", prefix: "drydock-direct")
    defer { directory.remove() }
    try check(in: directory.path)
  }
}
