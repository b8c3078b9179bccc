/// How this machine reaches servers: certificates, proxies, logins, and how hard a client tries.
public struct HTTPConfiguration: Sendable {
  /// A file of trusted certificates in PEM form that replaces the system's.
  public var certificateFile: String?
  /// A folder of trusted certificates, named by hash as OpenSSL wants it.
  public var certificateFolder: String?
  /// A file with the client's own certificate in PEM form.
  public var clientCertificate: String?
  /// A file with the key of the client's certificate, if it is not in the same file.
  public var clientKey: String?
  /// Hosts, or `host:port`, whose certificate is not checked; the user has to name each of them.
  public var trustedHosts: Set<String> = []
  /// The Unix socket that all requests go to, whatever host they name; none if absent.
  public var unixSocket: String?
  /// The proxies.
  public var proxies = Proxies()
  /// The logins of the machine's netrc file.
  public var netrc = Netrc()
  /// How often and when a request is repeated.
  public var retry = RetryPolicy()
  /// The most connections to one host; requests beyond share them (HTTP/2) or wait.
  public var connectionsPerHost = 8
  /// The value of the `User-Agent` field.
  public var userAgent = "drydock"

  /// Makes a configuration with the system's certificates and no proxy.
  public init() {}

  /// Reads certificates and proxies from environment variables, by the names that curl and OpenSSL gave them.
  public init(environment: [String: String]) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    certificateFile = value("CURL_CA_BUNDLE") ?? value("SSL_CERT_FILE")
    certificateFolder = value("SSL_CERT_DIR")
    proxies = Proxies(environment: environment)
  }

  /// Whether the certificate of a server is not checked.
  func trustsBlindly(_ url: HTTPURL) -> Bool {
    trustedHosts.contains(url.host) || trustedHosts.contains("\(url.host):\(url.port)")
  }
}

/// Which requests go through a proxy.
public struct Proxies: Hashable, Sendable {
  /// The address of the proxy for `http` requests, as libcurl takes it.
  public var http: String?
  /// The address of the proxy for `https` requests, as libcurl takes it.
  public var https: String?
  /// Hosts that are reached without a proxy, separated by commas; `*` is all.
  public var exceptions: String?

  /// Makes a setting without proxies.
  public init() {}

  /// Makes a setting with one proxy for everything.
  public init(all proxy: String, exceptions: String? = nil) {
    http = proxy
    https = proxy
    self.exceptions = exceptions
  }

  /// Reads the proxies from environment variables; the lower case of a name wins.
  ///
  /// `HTTP_PROXY` in capitals is not read: in a CGI program it is a header of whoever asks.
  public init(environment: [String: String]) {
    func value(_ names: String...) -> String? {
      for name in names {
        if let value = environment[name], !value.isEmpty { return value }
      }
      return nil
    }
    http = value("http_proxy", "all_proxy", "ALL_PROXY")
    https = value("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    exceptions = value("no_proxy", "NO_PROXY")
  }

  func proxy(for url: HTTPURL) -> String? { url.scheme == .http ? http : https }
}
