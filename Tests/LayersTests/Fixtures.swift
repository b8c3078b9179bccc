import Host
import Layers
import Testing

/// Runs a program that must succeed and gives its output.
@discardableResult
func output(of program: String, _ arguments: String..., in directory: String? = nil) async throws -> String {
  let path = try #require(Environment.program(program), "\(program) is not installed")
  let result = try await Subprocess(path, arguments, directory: directory).run()
  try #require(result.status == 0, "\(program): \(result.errorText)")
  return result.text
}

/// Everything that a tar archive holds: its entries, and the contents of its files.
func entries(ofTar path: String) throws -> [(entry: TarEntry, content: [UInt8])] {
  let reader = try TarReader(path: path)
  var found: [(TarEntry, [UInt8])] = []
  while let entry = try reader.next() { found.append((entry, try reader.content())) }
  return found
}

/// Bytes that no compressor can shorten, the same for the same seed.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return (0..<count).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return UInt8(truncatingIfNeeded: state >> 24)
  }
}
