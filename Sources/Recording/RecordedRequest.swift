internal import HTTP
public import OCI

/// One request of a command and the answer that it gets ever after.
public struct RecordedRequest: Hashable, Sendable {
  /// `GET` or `HEAD`.
  public let method: String
  /// The address without what may be secret in it.
  public let url: String
  /// The `Accept` field of the request, where the address has several answers.
  public var accept: String?
  /// Whether the request had an `Authorization` field, which may make another answer of it; never the field itself.
  public let isAuthorized: Bool
  /// The status of the answer.
  public let status: Int
  /// The fields of the answer that commands work by, sorted by name.
  public let fields: [String: String]
  /// The body, for an answer that has one: that of an error is for people, and differs each time.
  public let body: Body?

  /// The body of an answer.
  public struct Body: Hashable, Sendable {
    /// Its digest.
    public let digest: Digest
    /// Its length in bytes.
    public let size: Int
  }

  /// The fields of an answer that are kept; all others are about the way it came, or about the moment.
  private static let kept = [
    "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "ETag", "Last-Modified", "Link",
    "Location", "WWW-Authenticate",
  ]

  /// The kept fields of an answer, without secrets.
  static func fields(of headers: HTTPHeaders) -> [String: String] {
    var fields: [String: String] = [:]
    for name in kept { fields[name] = headers[name] }
    if let location = fields["Location"] { fields["Location"] = HTTPURL.withoutSecrets(location) }
    return fields
  }

  /// Whether the server may answer otherwise a moment later, so that a better answer takes the place of this one.
  ///
  /// RFC 9110, sections 15.5.9 and 15.6; RFC 6585, section 4.
  var isTemporary: Bool { status == 408 || status == 429 || status >= 500 }

  /// The order in a file of records.
  static func precedes(_ left: RecordedRequest, _ right: RecordedRequest) -> Bool {
    func key(_ request: RecordedRequest) -> [String] {
      [request.url, request.method, request.accept ?? "", request.isAuthorized ? "1" : "0"]
    }
    return key(left).lexicographicallyPrecedes(key(right))
  }
}
