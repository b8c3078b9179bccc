public import OCI

/// Why a request came to nothing: what happened, and with which address.
public struct HTTPError: Error, Equatable, Sendable {
  /// What happened.
  public enum Kind: Equatable, Sendable {
    /// The text is no address, or the request can't be sent as it is.
    case request(String)
    /// The name has no address, or nothing answers there; the text is libcurl's.
    case unreachable(String)
    /// The server's or the proxy's certificate is not trusted, or TLS failed otherwise; the text is libcurl's.
    case tls(String)
    /// The proxy refused, or can't be reached; the text is libcurl's.
    case proxy(String)
    /// No connection within the limit, or a transfer that stalled; the text is libcurl's.
    case timedOut(String)
    /// The connection broke before the answer was whole; the text is libcurl's.
    case broken(String)
    /// The status says that the request failed.
    case status(Int)
    /// The answer is longer than the limit, in bytes.
    case tooLarge(limit: Int64)
    /// The answer has another length than what was expected, in bytes.
    case wrongSize(expected: Int64, found: Int64)
    /// The answer has another digest than what was expected.
    case digestMismatch(expected: Digest, found: Digest)
    /// A redirect that is not followed, and why.
    case redirect(String)
    /// The answer breaks the protocol, and how.
    case malformed(String)
    /// A file on this machine could not be written, and why.
    case file(path: String, reason: String)
    /// The task was cancelled.
    case cancelled
  }

  /// Where a fault lies: it decides the exit code.
  public enum Fault: Equatable, Sendable {
    /// The network, a server, or what it sent.
    case network
    /// The file system of this machine.
    case machine
    /// What the caller asked for.
    case usage
  }

  /// What happened.
  public let kind: Kind
  /// The address, without user, password and the values of its query.
  public let url: String
  /// How often the request was tried.
  public let attempts: Int

  /// Makes an error about an address.
  public init(_ kind: Kind, at url: HTTPURL, attempts: Int = 1) {
    self.kind = kind
    self.url = url.description
    self.attempts = attempts
  }

  init(_ kind: Kind, url: String, attempts: Int) {
    self.kind = kind
    self.url = url
    self.attempts = attempts
  }

  func after(attempts: Int) -> HTTPError { HTTPError(kind, url: url, attempts: attempts) }

  /// Where the fault lies.
  public var fault: Fault {
    switch kind {
    case .request: .usage
    case .file: .machine
    default: .network
    }
  }

  /// Whether the same request may succeed a moment later.
  public var isTemporary: Bool {
    switch kind {
    case .unreachable, .timedOut, .broken, .proxy: true
    case .status(let code): RetryPolicy.isTemporary(status: code)
    default: false
    }
  }

  /// What the user may do about it, if there is something.
  public var hint: String? {
    switch kind {
    case .unreachable: "check the network, and the HTTPS_PROXY and NO_PROXY variables"
    case .tls: "name the certificates of your network in SSL_CERT_FILE, or in pip's 'cert' setting for Python indexes"
    case .proxy: "check the proxy that HTTPS_PROXY or HTTP_PROXY names"
    case .status(401), .status(403): "put the login for this host into ~/.netrc"
    case .status(407): "put the proxy's user and password into HTTPS_PROXY"
    case .digestMismatch: "the server or a cache in between sent something else than what is locked"
    case .file: "check the free space and the permissions there"
    default: nil
    }
  }
}

extension HTTPError: CustomStringConvertible {
  /// One sentence: what happened, where, and after how many attempts.
  public var description: String {
    let tried = attempts > 1 ? " (tried \(attempts) times)" : ""
    return switch kind {
    case .request(let reason): "The request for \(url) can't be sent: \(reason)."
    case .unreachable(let reason): "\(url) can't be reached: \(reason)\(tried)."
    case .tls(let reason): "There is no trusted connection to \(url): \(reason)\(tried)."
    case .proxy(let reason): "The proxy on the way to \(url) failed: \(reason)\(tried)."
    case .timedOut(let reason): "\(url) answers too slowly: \(reason)\(tried)."
    case .broken(let reason): "The answer of \(url) broke off: \(reason)\(tried)."
    case .status(let code): "\(url) answered with status \(code)\(tried)."
    case .tooLarge(let limit): "The answer of \(url) is longer than the limit of \(limit) bytes."
    case .wrongSize(let expected, let found): "\(url) has \(found) bytes where \(expected) were expected."
    case .digestMismatch(let expected, let found): "\(url) has the digest \(found) where \(expected) was expected."
    case .redirect(let reason): "A redirect from \(url) is not followed: \(reason)."
    case .malformed(let reason): "The answer of \(url) makes no sense: \(reason)."
    case .file(let path, let reason): "\(url) could not be stored in \(path): \(reason)."
    case .cancelled: "The request for \(url) was cancelled."
    }
  }
}
