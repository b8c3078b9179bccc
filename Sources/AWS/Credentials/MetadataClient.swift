import HTTP

/// A client for services on the own machine, which no proxy leads to and which answer at once or are not there.
struct MetadataClient: Sendable {
  private let http: HTTPClient
  private let limits: HTTPRequest.Limits

  /// Makes a client that gives up after some seconds and attempts.
  init(base: HTTPConfiguration, seconds: Double, attempts: Int) {
    var configuration = base
    configuration.proxies = Proxies()
    configuration.netrc = Netrc()
    configuration.retry = RetryPolicy(attempts: max(1, attempts), base: .milliseconds(100), longest: .seconds(2))
    http = HTTPClient(configuration: configuration)
    var limits = HTTPRequest.Limits()
    limits.connect = .milliseconds(Int64(max(0.1, seconds) * 1000))
    limits.stall = .seconds(Int64(max(1, seconds.rounded(.up))))
    limits.redirects = 0
    limits.bodyBytes = 1 << 20
    self.limits = limits
  }

  /// Asks once, or as often as was set for faults that pass.
  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    var request = request
    request.limits = limits
    return try await http.data(for: request)
  }
}
