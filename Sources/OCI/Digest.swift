/// The digest of some content: an algorithm and its value in hexadecimal.
///
/// A digest that exists is well formed, so nothing downstream has to ask again.
/// Specification: OCI image-spec 1.1, descriptor.md, "Digests".
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  /// The algorithms that the specification registers and this package can compute.
  public enum Algorithm: String, Sendable, CaseIterable {
    /// SHA-256, 64 digits.
    case sha256
    /// SHA-512, 128 digits.
    case sha512

    /// The number of hexadecimal digits of a value.
    public var digitCount: Int { self == .sha256 ? 64 : 128 }
  }

  /// Why a text is no digest.
  public enum ParseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no `:` between algorithm and value.
    case missingColon
    /// The algorithm is not one of those known.
    case unknownAlgorithm(String)
    /// The value has another number of digits than the algorithm gives.
    case wrongLength(expected: Int, found: Int)
    /// The value has something other than the digits `0-9a-f`.
    case notHexadecimal

    /// The reason in one phrase.
    public var description: String {
      switch self {
      case .missingColon: "a digest is written ALGORITHM:VALUE, for example sha256:9f86…"
      case .unknownAlgorithm(let name): "the digest algorithm '\(name)' is not known (sha256 and sha512 are)"
      case .wrongLength(let expected, let found): "the digest has \(found) digits, expected \(expected)"
      case .notHexadecimal: "a digest's value has only the digits 0-9 and a-f"
      }
    }
  }

  /// The algorithm.
  public let algorithm: Algorithm
  /// The value in lower-case hexadecimal.
  public let hex: String

  /// Reads `ALGORITHM:VALUE`.
  public init(parsing text: some StringProtocol) throws(ParseError) {
    guard let colon = text.firstIndex(of: ":") else { throw .missingColon }
    guard let algorithm = Algorithm(rawValue: String(text[..<colon])) else {
      throw .unknownAlgorithm(String(text[..<colon]))
    }
    try self.init(algorithm: algorithm, hex: text[text.index(after: colon)...])
  }

  /// Checks a value in hexadecimal, for indexes that write the algorithm elsewhere.
  public init(algorithm: Algorithm, hex: some StringProtocol) throws(ParseError) {
    guard hex.utf8.count == algorithm.digitCount else {
      throw .wrongLength(expected: algorithm.digitCount, found: hex.utf8.count)
    }
    guard hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { throw .notHexadecimal }
    self.algorithm = algorithm
    self.hex = String(hex)
  }

  /// Wraps the bytes of a hash that was just computed.
  ///
  /// - Precondition: `bytes` has the algorithm's length: only a hasher calls this.
  public init(algorithm: Algorithm, bytes: [UInt8]) {
    precondition(bytes.count * 2 == algorithm.digitCount)
    let digits = Array("0123456789abcdef".utf8)
    self.algorithm = algorithm
    self.hex = String(
      unsafeUninitializedCapacity: bytes.count * 2
    ) { buffer in
      for (index, byte) in bytes.enumerated() {
        buffer[index * 2] = digits[Int(byte >> 4)]
        buffer[index * 2 + 1] = digits[Int(byte & 15)]
      }
      return bytes.count * 2
    }
  }

  /// The form `ALGORITHM:VALUE`.
  public var description: String { "\(algorithm.rawValue):\(hex)" }

  /// The first twelve digits, for tables.
  public var short: String { String(hex.prefix(12)) }
}
