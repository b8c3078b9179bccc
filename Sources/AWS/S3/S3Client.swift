import HTTP
import Synchronization

/// Reads objects of S3.
///
/// Amazon S3 API Reference, `GetObject` and `HeadBucket`.
public final class S3Client: Sendable {
  private let aws: AWSClient
  /// The regions of buckets that are elsewhere, written when S3 says so.
  private let regions = Mutex<[String: String]>([:])

  /// Makes a client.
  public init(_ aws: AWSClient) { self.aws = aws }

  /// A part of an object.
  public struct Part: Sendable {
    /// The bytes.
    public let bytes: [UInt8]
    /// The length of the whole object in bytes.
    public let total: Int64
    /// What changes with the object.
    public let tag: String?
  }

  /// Reads some bytes of an object, or all of it where the server knows no ranges.
  ///
  /// - Parameter tag: What the object has to be still.
  public func read(
    _ location: S3Location, _ range: ClosedRange<Int64>, ifMatch tag: String? = nil
  ) async throws(AWSError) -> Part {
    var headers: HTTPHeaders = [:]
    headers["If-Match"] = tag
    let answer: HTTPResponse
    do {
      answer = try await send(.get, location, headers: headers, range: .bytes(range))
    } catch {
      // RFC 9110, section 15.5.17: nothing lies in the range because nothing is there at all.
      guard case .service(let failure) = error, failure.status == 416, range.lowerBound == 0 else { throw error }
      return Part(bytes: [], total: 0, tag: nil)
    }
    guard answer.status == 206 else {
      return Part(bytes: answer.body, total: Int64(answer.body.count), tag: answer.headers["ETag"])
    }
    guard let place = answer.headers["Content-Range"].flatMap({ ContentRange(parsing: $0) }),
      place.bytes.lowerBound == range.lowerBound, let total = place.total,
      Int64(answer.body.count) == place.bytes.upperBound - place.bytes.lowerBound + 1
    else { throw .malformed(service: "S3", reason: "a part of \(location) came without its place") }
    return Part(bytes: answer.body, total: total, tag: answer.headers["ETag"])
  }

  /// Asks whether a bucket is there and these keys may see it; every other answer is an error.
  public func headBucket(_ bucket: String) async throws(AWSError) {
    _ = try await send(.head, S3Location(bucket: bucket, key: ""), headers: [:], range: nil)
  }

  private func send(
    _ method: HTTPRequest.Method, _ location: S3Location, headers: HTTPHeaders, range: HTTPRequest.ByteRange?
  ) async throws(AWSError) -> HTTPResponse {
    var region = regions.withLock { $0[location.bucket] }
    if region == nil { region = try await aws.region() }
    do {
      return try await send(method, location, headers: headers, range: range, region: region ?? "")
    } catch {
      guard case .service(let failure) = error, let other = failure.bucketRegion, other != region,
        [301, 307, 400, 403].contains(failure.status)
      else { throw error }
      try AWSConfiguration.checkRegion(other)
      regions.withLock { $0[location.bucket] = other }
      return try await send(method, location, headers: headers, range: range, region: other)
    }
  }

  private func send(
    _ method: HTTPRequest.Method, _ location: S3Location, headers: HTTPHeaders, range: HTTPRequest.ByteRange?,
    region: String
  ) async throws(AWSError) -> HTTPResponse {
    let endpoint = try aws.configuration.endpoint(of: .s3, region: region)
    let url = try aws.configuration.url(of: location, at: endpoint)
    var request = HTTPRequest(method, url, headers: headers, range: range)
    request.limits.redirects = 0
    let operation = "S3 \(method == .head ? "HeadBucket" : "GetObject") of \(location)"
    return try await aws.send(operation, request, to: .s3, endpoint.region)
  }
}

extension AWSConfiguration {
  /// The address of an object: the bucket stands in the host's name at AWS, and in the path elsewhere.
  ///
  /// A bucket with a dot would not match the certificate, so it stands in the path, too; `addressing_style` below `s3`
  /// in the profile decides otherwise.
  func url(of location: S3Location, at endpoint: Endpoint) throws(AWSError) -> HTTPURL {
    let key = location.key.split(separator: "/", omittingEmptySubsequences: false)
      .map { PercentEncoding.encodedComponent($0) }.joined(separator: "/")
    let base = endpoint.url
    let folder = base.path.hasSuffix("/") ? String(base.path.dropLast()) : base.path
    let isInPath =
      switch profile?["s3", "addressing_style"] {
      case "path": true
      case "virtual": false
      default: endpoint.isCustom || location.bucket.contains(".") || location.bucket.lowercased() != location.bucket
      }
    let port = base.explicitPort.map { ":\($0)" } ?? ""
    let text =
      isInPath
      ? "\(base.scheme.rawValue)://\(base.host)\(port)\(folder)/\(location.bucket)\(key.isEmpty ? "" : "/\(key)")"
      : "\(base.scheme.rawValue)://\(location.bucket).\(base.host)\(port)\(folder)/\(key)"
    do { return try HTTPURL(parsing: text) } catch {
      throw .configuration(place: "\(location)", reason: error.description)
    }
  }
}
