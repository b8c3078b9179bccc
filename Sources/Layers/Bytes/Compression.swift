/// How a stream is compressed, told by its first bytes.
public enum Compression: Sendable, Hashable {
  /// Not at all.
  case none
  /// gzip, RFC 1952.
  case gzip
  /// zstd, RFC 8878.
  case zstd
  /// xz.
  case xz
  /// bzip2.
  case bzip2

  /// Looks at the first bytes of a stream.
  public init(detecting bytes: some Collection<UInt8>) {
    self =
      if bytes.starts(with: [0x1F, 0x8B]) {
        .gzip
      } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
        .zstd
      } else if bytes.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) {
        .xz
      } else if bytes.starts(with: [0x42, 0x5A, 0x68]) {
        .bzip2
      } else {
        .none
      }
  }
}

/// The plain bytes of a source, whatever it is compressed with.
public final class DecompressedSource: ByteSource {
  /// What the bytes are, for errors.
  public let name: String
  /// How the source is compressed.
  public let compression: Compression
  private let plain: any ByteSource

  /// Looks at the first bytes of the source and puts the right decompressor on it.
  public init(_ source: any ByteSource) throws(LayerError) {
    name = source.name
    var start = [UInt8](repeating: 0, count: 6)
    var failure: LayerError?
    let count = start.withUnsafeMutableBytes { buffer -> Int in
      do throws(LayerError) { return try source.fill(buffer) } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    let whole = PrefixedSource(Array(start[..<count]), source)
    compression = Compression(detecting: start[..<count])
    plain =
      switch compression {
      case .none: whole
      case .gzip: InflatingSource(whole, wrapping: .gzip)
      case .zstd, .xz, .bzip2: try ArchiveFilterSource(whole)
      }
  }

  /// Reads up to the buffer's size; 0 is the end.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
    try plain.read(into: buffer)
  }
}

/// Some bytes and then a source.
private final class PrefixedSource: ByteSource {
  let name: String
  private let prefix: MemorySource
  private let rest: any ByteSource

  init(_ prefix: [UInt8], _ rest: any ByteSource) {
    name = rest.name
    self.prefix = MemorySource(prefix, name: rest.name)
    self.rest = rest
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
    let count = prefix.read(into: buffer)
    return count > 0 ? count : try rest.read(into: buffer)
  }
}
