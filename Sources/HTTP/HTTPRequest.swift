/// One question to a server, with the limits its answer has to keep.
public struct HTTPRequest: Sendable {
  /// What the server is asked to do.
  public enum Method: String, Sendable {
    /// Reads.
    case get = "GET"
    /// Reads the header fields only.
    case head = "HEAD"
    /// Hands over data; not repeated after a fault.
    case post = "POST"
    /// Stores under the address.
    case put = "PUT"
    /// Changes a part; not repeated after a fault.
    case patch = "PATCH"
    /// Removes.
    case delete = "DELETE"

    /// Whether doing it twice is the same as doing it once.
    ///
    /// RFC 9110, section 9.2.2.
    var isIdempotent: Bool { self != .post && self != .patch }
  }

  /// Which bytes of the body are wanted.
  ///
  /// RFC 9110, section 14.1.2.
  public enum ByteRange: Hashable, Sendable {
    /// The bytes from one offset to another, both included.
    case bytes(ClosedRange<Int64>)
    /// Everything from an offset on.
    case from(Int64)
    /// As many bytes from the end.
    case last(Int64)

    var headerValue: String {
      switch self {
      case .bytes(let range): "bytes=\(range.lowerBound)-\(range.upperBound)"
      case .from(let offset): "bytes=\(offset)-"
      case .last(let count): "bytes=-\(count)"
      }
    }
  }

  /// A part of a file that is a request's body.
  public struct FileBody: Hashable, Sendable {
    /// The path.
    public let path: String
    /// Where the part starts, in bytes.
    public let offset: Int64
    /// The length in bytes.
    public let count: Int64

    /// Names a part of a file.
    public init(path: String, offset: Int64, count: Int64) {
      self.path = path
      self.offset = offset
      self.count = count
    }
  }

  /// Bounds that keep a hostile or stalled server from taking memory, disk or time.
  public struct Limits: Hashable, Sendable {
    /// The most bytes of a body, counted after decompression.
    ///
    /// If absent, 64 MiB in memory; in a file what it is expected to have, or else 16 GiB.
    public var bodyBytes: Int64?
    /// The most redirects followed.
    public var redirects = 10
    /// The longest time until a connection stands, TLS included.
    public var connect: Duration = .seconds(15)
    /// The longest time in which fewer than `stallBytesPerSecond` arrive.
    public var stall: Duration = .seconds(30)
    /// The rate under which a transfer counts as stalled, in bytes per second.
    public var stallBytesPerSecond = 1

    /// Makes the limits for a page or a small file.
    public init() {}
  }

  /// What the server is asked to do.
  public var method: Method
  /// The address.
  public var url: HTTPURL
  /// Fields to send beside those that the client writes itself.
  public var headers: HTTPHeaders
  /// The bytes to send.
  public var body: [UInt8]?
  /// The part of a file to send, read while it is sent; it wins over `body`.
  public var file: FileBody?
  /// The part that is wanted, the whole if absent.
  public var range: ByteRange?
  /// Who asks; goes to this origin only, and wins over the address's user and the machine's netrc file.
  public var credentials: Credentials?
  /// Whether a redirect is followed, and no answer of its own.
  public var followsRedirects = true
  /// Whether the answer may come over a connection that others use at the same time, as HTTP/2 has it.
  public var sharesConnection = true
  /// The bounds of the answer.
  public var limits = Limits()

  /// Makes a request that reads, with the usual limits.
  public init(
    _ url: HTTPURL, headers: HTTPHeaders = [:], range: ByteRange? = nil, credentials: Credentials? = nil
  ) {
    self.init(.get, url, headers: headers, range: range, credentials: credentials)
  }

  /// Makes a request with the usual limits.
  public init(
    _ method: Method, _ url: HTTPURL, headers: HTTPHeaders = [:], body: [UInt8]? = nil,
    range: ByteRange? = nil, credentials: Credentials? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.range = range
    self.credentials = credentials
  }
}
