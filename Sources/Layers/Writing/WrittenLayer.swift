public import OCI

/// A layer that was just written to a file.
public struct WrittenLayer: Hashable, Sendable {
  /// The file, its type, digest and size.
  public let descriptor: Descriptor
  /// The digest of the tar archive inside.
  public let diffID: Digest
  /// The size of the tar archive inside, in bytes.
  public let plainSize: Int

  /// Describes a layer that is known, for example from a cache.
  public init(descriptor: Descriptor, diffID: Digest, plainSize: Int) {
    self.descriptor = descriptor
    self.diffID = diffID
    self.plainSize = plainSize
  }
}
