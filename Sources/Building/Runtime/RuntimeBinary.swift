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
    /// The binary is for another processor than the image.
    case processor(path: String, found: String, wanted: Platform)

    /// What is wrong, in one sentence.
    public var description: String {
      switch self {
      case .inputs(let path): "\(path) does not hold the digest of the runtime's sources"
      case .stale(let locked, let found):
        "the lock names glue-athena of the sources \(locked?.short ?? "none"), the binary here is of \(found.short)"
      case .processor(let path, let found, let wanted): "\(path) is a program for \(found), the image is for \(wanted)"
      }
    }
  }

  /// The path.
  public let path: String
  /// The digest of the file.
  public let digest: Digest
  /// The digest of what it was built from: the same on every machine, which the file need not be.
  public let inputs: Digest

  /// The processor that it is for, in Go's word; nil if its header does not tell, as that of a script.
  public let architecture: String?

  /// Reads the binary and the digest beside it.
  public init(path: String) throws {
    self.path = path
    architecture = try Self.architecture(of: path)
    digest = try SHA256.digest(ofFile: path).digest
    let text = try Files.text(path + Self.inputsSuffix, limit: 4096)
    guard let word = text.split(whereSeparator: \.isWhitespace).first, let inputs = try? Digest(parsing: word) else {
      throw Failure.inputs(path: path + Self.inputsSuffix)
    }
    self.inputs = inputs
  }

  /// Refuses an image for another processor: nobody could start it.
  func require(_ platform: Platform) throws(Failure) {
    guard let architecture, architecture != platform.architecture else { return }
    throw .processor(path: path, found: architecture, wanted: platform)
  }

  /// The processor in the header of a program (System V ABI, "ELF Header": `e_machine` of files with the low byte first).
  private static func architecture(of path: String) throws -> String? {
    let size = try FileStatus(of: path, followingLink: true).size
    let head = try Host.FileHandle(reading: path).bytes(at: 0, count: min(size, 20))
    guard head.count == 20, Array(head[..<4]) == [0x7F, 0x45, 0x4C, 0x46], head[5] == 1 else { return nil }
    let machine = Int(head[18]) | Int(head[19]) << 8
    return [3: "386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64", 258: "loong64"][machine]
      ?? "machine \(machine)"
  }
}
