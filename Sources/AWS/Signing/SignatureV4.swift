import Host
import OCI
import Trust

/// The signature of a canonical request by one key, for one day, region and service.
///
/// AWS Signature Version 4, "Create a string to sign", "Derive a signing key", "Calculate the signature".
public struct SignatureV4: Sendable {
  /// The moment as the `X-Amz-Date` field writes it, for example `20150830T123600Z`.
  public let date: String
  /// The region, for example `eu-central-1`.
  public let region: String
  /// The name under which the service signs, for example `athena`.
  public let service: String

  private static let algorithm = "AWS4-HMAC-SHA256"

  /// Makes signatures of a moment, in seconds since 1970.
  public init(at seconds: Int, region: String, service: String) {
    self.init(date: String(Clock.rfc3339(seconds).filter { $0 != "-" && $0 != ":" }), region: region, service: service)
  }

  /// Makes signatures of a moment that is written as the `X-Amz-Date` field writes it.
  public init(date: String, region: String, service: String) {
    self.date = date
    self.region = region
    self.service = service
  }

  private var day: String { String(date.prefix(8)) }

  /// Where and when a signature counts.
  public var scope: String { "\(day)/\(region)/\(service)/aws4_request" }

  /// The text that is signed.
  public func stringToSign(_ request: CanonicalRequest) -> String {
    let hash = SHA256.digest(of: request.text.utf8).hex
    return "\(Self.algorithm)\n\(date)\n\(scope)\n\(hash)"
  }

  /// The signature in hexadecimal.
  public func signature(_ request: CanonicalRequest, secretAccessKey: String) -> String {
    var key = Array("AWS4\(secretAccessKey)".utf8)
    for part in [day, region, service, "aws4_request"] { key = HMAC.sha256(part.utf8, key: key) }
    return Hexadecimal.text(HMAC.sha256(stringToSign(request).utf8, key: key))
  }

  /// The value of the `Authorization` field.
  public func authorization(_ request: CanonicalRequest, by credentials: AWSCredentials) -> String {
    "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(request.signedFields), "
      + "Signature=\(signature(request, secretAccessKey: credentials.secretAccessKey))"
  }
}

/// Bytes as hexadecimal digits in lower case.
enum Hexadecimal {
  static func text(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
