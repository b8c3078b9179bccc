/// A server's answer; any status is an answer, also 404.
public struct HTTPResponse: Sendable {
  /// The status code.
  ///
  /// RFC 9110, section 15.
  public let status: Int
  /// The header fields.
  public let headers: HTTPHeaders
  /// The body after decompression.
  public let body: [UInt8]
  /// The address that answered, after redirects.
  public let url: HTTPURL

  /// Whether the status is one of 200 to 299.
  public var isSuccess: Bool { (200...299).contains(status) }

  /// The type of the body in lower case, without parameters; empty if the server named none.
  public var mediaType: String {
    let value = headers["Content-Type"] ?? ""
    return value.prefix { $0 != ";" && $0 != " " }.lowercased()
  }

  /// Returns the answer itself if its status is a success, and fails if not.
  public func requiringSuccess() throws(HTTPError) -> HTTPResponse {
    guard isSuccess else { throw HTTPError(.status(status), at: url) }
    return self
  }
}

/// The place of a partial body in the whole.
///
/// RFC 9110, section 14.4.
public struct ContentRange: Hashable, Sendable {
  /// The offsets of the first and the last byte.
  public let bytes: ClosedRange<Int64>
  /// The length of the whole, if the server knows it.
  public let total: Int64?

  /// Reads the value of a `Content-Range` field; `nil` if it is none, or names no bytes.
  public init?(parsing text: String) {
    let words = text.split(separator: " ")
    guard words.count == 2, words[0].isSameASCII(as: "bytes") else { return nil }
    let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], first >= 0, first <= last else { return nil }
    bytes = first...last
    total = Int64(parts[1])
    if let total, total <= last { return nil }
  }
}
