public import HTTP

/// Why AWS could not be asked, or said no; no case holds a secret.
public enum AWSError: Error, Equatable, Sendable {
  /// A setting that makes no sense: the file with its line, or the variable, and what is wrong.
  case configuration(place: String, reason: String)
  /// No region is named anywhere.
  case noRegion
  /// No source had credentials; what each of them said.
  case noCredentials([String])
  /// The source that should have had credentials failed.
  case credentials(source: String, reason: String)
  /// The network, or a server that speaks no HTTP.
  case network(HTTPError)
  /// A service refused.
  case service(ServiceFailure)
  /// An answer that the service's description does not allow.
  case malformed(service: String, reason: String)
  /// A statement has no result.
  case query(QueryFailure)
  /// A statement took longer than it may, and was stopped.
  case timedOut(id: String?)
  /// The task was cancelled.
  case cancelled
}

/// What a service says when it refuses a request.
public struct ServiceFailure: Equatable, Sendable {
  /// The service and operation, for example `Athena StartQueryExecution`.
  public let operation: String
  /// The status of the answer.
  public let status: Int
  /// The name of the error, for example `InvalidRequestException`.
  public let code: String
  /// The service's sentence.
  public let message: String
  /// A finer reason, as Athena has it in `AthenaErrorCode` and `Reason`.
  public let reason: String?
  /// The service's clock less this machine's, in seconds, if the answer was dated.
  let clockOffset: Int?
  /// The region that S3 says a bucket is in.
  let bucketRegion: String?

  /// States a refusal.
  public init(operation: String, status: Int, code: String, message: String, reason: String? = nil) {
    self.init(
      operation: operation, status: status, code: code, message: message, reason: reason, clockOffset: nil,
      bucketRegion: nil)
  }

  init(
    operation: String, status: Int, code: String, message: String, reason: String?, clockOffset: Int?,
    bucketRegion: String?
  ) {
    self.operation = operation
    self.status = status
    self.code = code
    self.message = message
    self.reason = reason
    self.clockOffset = clockOffset
    self.bucketRegion = bucketRegion
  }

  /// Whether the service had too many requests at once.
  public var isThrottling: Bool {
    status == 429 || Self.throttling.contains(code)
  }

  /// Whether the same request may succeed a moment later.
  public var isTemporary: Bool { isThrottling || [500, 502, 503, 504].contains(status) }

  /// Whether the key, its token or the signature was not accepted.
  public var isAboutCredentials: Bool { Self.credentials.contains(code) }

  /// Whether the token was good once.
  var isExpiredToken: Bool { ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"].contains(code) }

  /// Whether the service's clock and this machine's are too far apart.
  var isAboutClock: Bool {
    ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"].contains(code)
      || ["InvalidSignatureException", "SignatureDoesNotMatch"].contains(code)
        && (message.contains("Signature expired") || message.contains("Signature not yet current"))
  }

  private static let throttling: Set = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
    "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown",
    "PriorRequestNotComplete", "TransactionInProgressException",
  ]
  private static let credentials: Set = [
    "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch",
    "InvalidSignatureException", "ExpiredToken", "ExpiredTokenException", "MissingAuthenticationToken",
    "MissingAuthenticationTokenException", "IncompleteSignature", "InvalidToken", "AccessDenied",
    "AccessDeniedException", "TokenRefreshRequired",
  ]
}

extension AWSError {
  /// Where a fault lies: it decides the exit code.
  public var fault: HTTPError.Fault {
    switch self {
    case .configuration, .noRegion: .usage
    case .network(let error): error.fault
    case .noCredentials, .credentials, .service, .malformed, .query, .timedOut, .cancelled: .network
    }
  }

  /// What the user may do about it, if there is something.
  public var hint: String? {
    switch self {
    case .noRegion: "set AWS_REGION, or region in the profile"
    case .noCredentials:
      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, or give the container a role"
    case .credentials(_, let reason) where reason.contains("aws sso login"): nil
    case .network(let error): error.hint
    case .query(let failure): failure.hint
    case .service(let failure) where failure.isAboutCredentials:
      "check the key, that its token has not ended, and what its role may do"
    case .service(let failure) where failure.isThrottling: "the account's quota is used up: try again later"
    default: nil
    }
  }
}

extension AWSError: CustomStringConvertible {
  /// One sentence: what happened, and where.
  public var description: String {
    switch self {
    case .configuration(let place, let reason): "\(place): \(reason)"
    case .noRegion: "no AWS region is set"
    case .noCredentials(let tried): "there are no AWS credentials: " + tried.joined(separator: "; ")
    case .credentials(let source, let reason): "there are no AWS credentials from \(source): \(reason)"
    case .network(let error): error.description
    case .service(let failure):
      "\(failure.operation) failed: \(failure.code)" + (failure.reason.map { " (\($0))" } ?? "")
        + (failure.message.isEmpty ? "" : ": \(failure.message)")
    case .malformed(let service, let reason): "the answer of \(service) makes no sense: \(reason)"
    case .query(let failure): failure.description
    case .timedOut(let id?): "query \(id) took longer than it may, and was stopped"
    case .timedOut(nil): "the query took longer than it may to be started"
    case .cancelled: "the request was cancelled"
    }
  }
}
