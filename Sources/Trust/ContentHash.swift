internal import COpenSSL
public import Host
public import OCI

/// A running digest over bytes as they pass by, of any algorithm that descriptors may name.
///
/// Specification: OCI image-spec 1.1, descriptor.md, "Registered Algorithms".
public struct ContentHash: ~Copyable, Sendable {
  private nonisolated(unsafe) let context: OpaquePointer
  private let algorithm: Digest.Algorithm

  /// OpenSSL looks an algorithm up by name at each use unless it was fetched: once is enough for a process.
  private nonisolated(unsafe) static let sha256 = fetch("SHA256")
  private nonisolated(unsafe) static let sha512 = fetch("SHA512")

  private static func fetch(_ name: String) -> OpaquePointer {
    guard let algorithm = EVP_MD_fetch(nil, name, nil) else { fatalError("OpenSSL has no \(name)") }
    return algorithm
  }

  /// Starts at the empty message.
  public init(_ algorithm: Digest.Algorithm) {
    let function = algorithm == .sha256 ? Self.sha256 : Self.sha512
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, function, nil) == 1 else {
      fatalError("OpenSSL could not start a digest")
    }
    self.context = context
    self.algorithm = algorithm
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes to the message.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
      fatalError("OpenSSL could not continue a digest")
    }
  }

  /// Adds bytes to the message.
  public mutating func update(_ bytes: some Sequence<UInt8>) {
    let done: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
    if done == nil { Array(bytes).withUnsafeBytes { update($0) } }
  }

  /// Ends the message and gives its digest.
  public consuming func finish() -> Digest {
    var bytes = [UInt8](repeating: 0, count: algorithm.digitCount / 2)
    guard EVP_DigestFinal_ex(context, &bytes, nil) == 1 else { fatalError("OpenSSL could not end a digest") }
    return Digest(algorithm: algorithm, bytes: bytes)
  }

  /// The digest of a message that is all here.
  public static func digest(of bytes: some Sequence<UInt8>, _ algorithm: Digest.Algorithm) -> Digest {
    var hash = ContentHash(algorithm)
    hash.update(bytes)
    return hash.finish()
  }

  /// The digest and size in bytes of a file, read in pieces.
  public static func digest(
    ofFile path: String, _ algorithm: Digest.Algorithm
  ) throws(SystemError) -> (digest: Digest, size: Int) {
    let file = try FileHandle(reading: path)
    var hash = ContentHash(algorithm)
    var size = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = try file.read(into: buffer)
      if count == 0 { return (hash.finish(), size) }
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      size += count
    }
  }
}
