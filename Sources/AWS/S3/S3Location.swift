/// An object or a prefix in S3, as `s3://BUCKET/KEY`.
public struct S3Location: Hashable, Sendable, CustomStringConvertible {
  /// The bucket's name.
  public let bucket: String
  /// The object's key, not encoded; it may be empty.
  public let key: String

  /// Names an object.
  public init(bucket: String, key: String) {
    self.bucket = bucket
    self.key = key
  }

  /// Reads an address; `nil` if it is none of S3, or names a bucket that could be none.
  ///
  /// Amazon S3 User Guide, "Bucket naming rules": a bucket becomes part of a host's name, so nothing else may be in it.
  public init?(parsing text: some StringProtocol) {
    guard let scheme = ["s3://", "s3a://", "s3n://"].first(where: { text.hasPrefix($0) }) else { return nil }
    let rest = text.dropFirst(scheme.count)
    let bucket = rest.prefix { $0 != "/" }
    guard (3...63).contains(bucket.utf8.count), bucket.utf8.allSatisfy(Self.isBucketByte) else { return nil }
    self.init(bucket: String(bucket), key: String(rest.dropFirst(bucket.count + 1)))
  }

  /// Old buckets may hold capitals and underscores.
  private static func isBucketByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57: true
    default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }
  }

  /// The address.
  public var description: String { "s3://\(bucket)/\(key)" }
}
