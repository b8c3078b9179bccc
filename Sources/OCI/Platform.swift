/// The operating system and processor that an image is for.
///
/// Specification: OCI image-spec 1.1, image-index.md, "platform".
public struct Platform: Hashable, Sendable, CustomStringConvertible {
  /// Why a text is no platform.
  public enum ParseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text does not have two or three parts.
    case malformed(String)

    /// The reason in one sentence.
    public var description: String {
      switch self {
      case .malformed(let text):
        "'\(text)' is no platform: it is written OS/ARCHITECTURE[/VARIANT], for example linux/amd64"
      }
    }
  }

  /// The operating system, for example `linux`.
  public let os: String
  /// The architecture by Go's name, for example `amd64`.
  public let architecture: String
  /// The architecture's variant, for example `v8`.
  public let variant: String?

  /// Names a platform.
  public init(os: String, architecture: String, variant: String? = nil) {
    self.os = os
    self.architecture = architecture
    self.variant = variant
  }

  /// Reads `OS/ARCHITECTURE[/VARIANT]`.
  public init(parsing text: String) throws(ParseError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let isWord = { (part: Substring) in
      !part.isEmpty
        && part.utf8.allSatisfy { $0 != 0x20 && ($0 == 95 || $0 == 45 || $0 == 46 || (48...122).contains($0)) }
    }
    guard (2...3).contains(parts.count), parts.allSatisfy(isWord) else { throw .malformed(text) }
    self.init(os: String(parts[0]), architecture: String(parts[1]), variant: parts.count > 2 ? String(parts[2]) : nil)
  }

  /// Linux on x86-64.
  public static let linuxAMD64 = Platform(os: "linux", architecture: "amd64")

  /// The form `OS/ARCHITECTURE[/VARIANT]`.
  public var description: String { variant.map { "\(os)/\(architecture)/\($0)" } ?? "\(os)/\(architecture)" }
}
