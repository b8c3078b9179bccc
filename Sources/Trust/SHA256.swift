internal import COpenSSL
public import OCI

/// A running SHA-256 over bytes as they pass by.
public struct SHA256: ~Copyable, Sendable {
  private nonisolated(unsafe) let context: OpaquePointer

  /// OpenSSL looks an algorithm up by name at each use unless it was fetched: once is enough for a process.
  private nonisolated(unsafe) static let algorithm: OpaquePointer = {
    guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else { fatalError("OpenSSL has no SHA-256") }
    return algorithm
  }()

  /// Starts at the empty message.
  public init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, Self.algorithm, nil) == 1 else {
      fatalError("OpenSSL could not start a SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes to the message.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
      fatalError("OpenSSL could not continue a SHA-256")
    }
  }

  /// Adds bytes to the message.
  public mutating func update(_ bytes: some Sequence<UInt8>) {
    let done: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
    if done == nil { Array(bytes).withUnsafeBytes { update($0) } }
  }

  /// Ends the message and gives its digest.
  public consuming func finish() -> Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    guard EVP_DigestFinal_ex(context, &bytes, nil) == 1 else { fatalError("OpenSSL could not end a SHA-256") }
    return Digest(algorithm: .sha256, bytes: bytes)
  }

  /// The digest of a message that is all here.
  public static func digest(of bytes: some Sequence<UInt8>) -> Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }
}
