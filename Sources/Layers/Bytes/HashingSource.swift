public import OCI
internal import Trust

/// Passes a source's bytes on and hashes them.
public final class HashingSource: ByteSource {
  private let source: any ByteSource
  private var hash: SHA256? = SHA256()

  /// Watches a source.
  public init(_ source: any ByteSource) { self.source = source }

  /// What the bytes are, for errors.
  public var name: String { source.name }

  /// Reads up to the buffer's size; 0 is the end.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
    let count = try source.read(into: buffer)
    hash?.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    return count
  }

  /// The digest of all bytes of the source, those that nobody asked for included; asked for once.
  public func finish() throws(LayerError) -> Digest {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    while try read(into: buffer) > 0 {}
    guard let hash = hash.take() else { preconditionFailure("a digest is taken once") }
    return hash.finish()
  }
}
