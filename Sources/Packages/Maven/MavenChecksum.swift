import Host
import OCI
import Trust

/// A digest as a repository keeps it beside a file.
struct MavenChecksum: Sendable, Hashable {
  private enum Value: Sendable, Hashable {
    case content(Digest)
    /// SHA-1 in hexadecimal: all that many repositories have. It tells a damaged file, and the lock has a better one.
    case sha1(String)
  }

  private let value: Value

  /// Reads the first word of the right length, as tools write digests alone, before the file's name, or after `=`.
  init?(parsing text: String, ending: String) {
    let count = [".sha1": 40, ".sha256": 64, ".sha512": 128][ending] ?? 0
    let words = text.lowercased().split { !$0.isHexDigit || !$0.isASCII }
    guard let word = words.first(where: { $0.utf8.count == count }).map(String.init) else { return nil }
    switch ending {
    case ".sha1": value = .sha1(word)
    case ".sha256", ".sha512":
      guard let digest = try? Digest(algorithm: ending == ".sha256" ? .sha256 : .sha512, hex: word) else { return nil }
      value = .content(digest)
    default: return nil
    }
  }

  func matches(_ bytes: [UInt8]) -> Bool {
    switch value {
    case .content(let digest): ContentHash.digest(of: bytes, digest.algorithm) == digest
    case .sha1(let text): Self.hex(LegacyDigest.sha1(of: bytes)) == text
    }
  }

  /// Whether a file is what was stated; blocks.
  func matches(file: String, sha256: Digest) throws(SystemError) -> Bool {
    switch value {
    case .content(let digest) where digest.algorithm == .sha256: digest == sha256
    case .content(let digest): try ContentHash.digest(ofFile: file, digest.algorithm).digest == digest
    case .sha1: matches(try Files.read(file, limit: 2 << 30))
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

extension MavenChecksum: CustomStringConvertible {
  /// The algorithm and the digits.
  var description: String {
    switch value {
    case .content(let digest): "\(digest.algorithm.rawValue) \(digest.hex)"
    case .sha1(let text): "sha1 \(text)"
    }
  }
}
