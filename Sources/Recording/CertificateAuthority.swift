internal import CTLS

/// An authority whose certificates only the commands of one build trust, and whose key never leaves this process.
public final class CertificateAuthority: Sendable {
  // Only read once it is made, which OpenSSL allows from several threads.
  nonisolated(unsafe) let authority: OpaquePointer
  /// The authority's certificate in PEM form.
  public let certificate: String

  /// Makes an authority with a new key.
  public init() throws(RecordingError) {
    guard let authority = ctls_authority_create("Drydock's proxy of one build") else { throw .authority }
    self.authority = authority
    var text = [UInt8](repeating: 0, count: 1 << 12)
    let length = text.withUnsafeMutableBytes {
      ctls_authority_write(authority, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    guard length > 0 else {
      ctls_authority_free(authority)
      throw .authority
    }
    certificate = String(decoding: text.prefix(length), as: UTF8.self)
  }

  deinit { ctls_authority_free(authority) }
}
