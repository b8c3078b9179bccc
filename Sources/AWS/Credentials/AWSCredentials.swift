/// A key that signs requests; its descriptions never show what is secret.
public struct AWSCredentials: Hashable, Sendable {
  /// The public half, for example `AKIAIOSFODNN7EXAMPLE`.
  public let accessKeyID: String
  /// The secret half.
  public let secretAccessKey: String
  /// The token that goes with a temporary key.
  public let sessionToken: String?
  /// When the key ends, in seconds since 1970; `nil` if it does not.
  public let expiration: Int?

  /// Puts a key together.
  public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiration: Int? = nil) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
    self.expiration = expiration
  }
}

extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The public half only.
  public var description: String { "\(accessKeyID):***" }
  /// The same as the description.
  public var debugDescription: String { description }
  /// Nothing that a dump could show.
  public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}
