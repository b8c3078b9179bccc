public import Host
public import OCI

/// A running SHA-256 over bytes as they pass by: the digest of all that Drydock makes itself.
public struct SHA256: ~Copyable, Sendable {
  private var hash = ContentHash(.sha256)

  /// Starts at the empty message.
  public init() {}

  /// Adds bytes to the message.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bytes) }

  /// Adds bytes to the message.
  public mutating func update(_ bytes: some Sequence<UInt8>) { hash.update(bytes) }

  /// Ends the message and gives its digest.
  public consuming func finish() -> Digest { hash.finish() }

  /// The digest of a message that is all here.
  public static func digest(of bytes: some Sequence<UInt8>) -> Digest { ContentHash.digest(of: bytes, .sha256) }

  /// The digest and size in bytes of a file, read in pieces.
  public static func digest(ofFile path: String) throws(SystemError) -> (digest: Digest, size: Int) {
    try ContentHash.digest(ofFile: path, .sha256)
  }
}
