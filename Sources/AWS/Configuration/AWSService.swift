/// A service of AWS, by the names that its addresses, signatures and settings have.
public struct AWSService: Hashable, Sendable {
  /// The name for people, and in upper case for `AWS_ENDPOINT_URL_…`.
  public let name: String
  /// The name under which requests are signed.
  public let signingName: String
  /// The host's name before the region.
  let hostPrefix: String
  /// What stands before an operation's name in `X-Amz-Target`; `nil` for services that speak no JSON 1.x.
  let targetPrefix: String?

  init(_ name: String, signingName: String? = nil, hostPrefix: String? = nil, targetPrefix: String? = nil) {
    self.name = name
    self.signingName = signingName ?? name.lowercased()
    self.hostPrefix = hostPrefix ?? name.lowercased()
    self.targetPrefix = targetPrefix
  }

  /// Amazon Athena.
  public static let athena = AWSService("Athena", targetPrefix: "AmazonAthena")
  /// Amazon S3.
  public static let s3 = AWSService("S3")
  /// AWS Security Token Service.
  public static let sts = AWSService("STS")
  /// Amazon Elastic Container Registry.
  public static let ecr = AWSService(
    "ECR", hostPrefix: "api.ecr", targetPrefix: "AmazonEC2ContainerRegistry_V20150921")
  /// The portal of IAM Identity Center, which hands out keys for a person's token.
  static let sso = AWSService("SSO", signingName: "awsssoportal", hostPrefix: "portal.sso")
}
