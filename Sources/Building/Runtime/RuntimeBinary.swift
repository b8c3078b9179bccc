internal import Host
public import OCI
internal import Trust

/// The `glue-athena` binary on this machine.
public struct RuntimeBinary: Sendable, Hashable {
  /// What is appended to the binary's name for the file that holds the digest of what it was built from.
  public static let inputsSuffix = ".inputs"

  /// Why a file is not the runtime.
  public enum Failure: Error, Sendable, CustomStringConvertible {
    /// The file beside it holds no digest.
    case inputs(path: String)
    /// The lock was made for a runtime that is built from other sources.
    case stale(locked: Digest?, found: Digest)

    /// What is wrong, in one sentence.
    public var description: String {
      switch self {
      case .inputs(let path): "\(path) does not hold the digest of the runtime's sources"
      case .stale(let locked, let found):
        "the lock names glue-athena of the sources \(locked?.short ?? "none"), the binary here is of \(found.short)"
      }
    }
  }

  /// The path.
  public let path: String
  /// The digest of the file.
  public let digest: Digest
  /// The digest of what it was built from: the same on every machine, which the file need not be.
  public let inputs: Digest

  /// Reads the binary and the digest beside it.
  public init(path: String) throws {
    self.path = path
    digest = try SHA256.digest(ofFile: path).digest
    let text = try Files.text(path + Self.inputsSuffix, limit: 4096)
    guard let word = text.split(whereSeparator: \.isWhitespace).first, let inputs = try? Digest(parsing: word) else {
      throw Failure.inputs(path: path + Self.inputsSuffix)
    }
    self.inputs = inputs
  }
}
