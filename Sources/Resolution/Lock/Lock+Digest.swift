public import OCI
internal import Trust

extension Lock {
  /// The label in which an image names the lock that it was made from.
  public static let digestLabel = "io.drydock.lock.digest"

  /// The digest of the lock in its canonical form: of its file, and of a file of several platforms the digest of what the
  /// platform's image carries.
  public var digest: Digest { SHA256.digest(of: text.utf8) }
}
