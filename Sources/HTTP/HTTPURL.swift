/// An absolute `http` or `https` address, checked when it was read.
///
/// The host is in lower case, a default port is left out, and dot segments are gone, so two spellings of one address
/// are equal. User and password are kept apart from the rest: they never are part of the description.
public struct HTTPURL: Hashable, Sendable {
  /// A protocol that Drydock speaks.
  public enum Scheme: String, Sendable {
    /// Without encryption.
    case http
    /// Over TLS.
    case https

    var defaultPort: Int { self == .http ? 80 : 443 }
  }

  /// Why a text is no address.
  public enum ParseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text starts with no scheme, or one other than `http` and `https`.
    case scheme(String)
    /// There is no host between `//` and the path.
    case noHost
    /// The port is no number from 1 to 65535.
    case port(String)
    /// A byte that an address must write as `%XX`.
    case character(UInt8)
    /// The text is longer than 8,192 bytes.
    case tooLong

    /// One sentence that says what is wrong with the text.
    public var description: String {
      switch self {
      case .scheme(let found): "The address starts with '\(found)', not with http:// or https://."
      case .noHost: "The address names no host."
      case .port(let found): "The port '\(found)' of the address is no number from 1 to 65535."
      case .character(let byte): "The address holds the byte \(byte), which has to be percent-encoded."
      case .tooLong: "The address is longer than 8192 bytes."
      }
    }
  }

  /// The protocol.
  public let scheme: Scheme
  /// The user's name and password in front of the host, percent-decoded.
  public let credentials: Credentials?
  /// The name or address of the server in lower case; an IPv6 address is in brackets.
  public let host: String
  /// The port, absent if it is the scheme's own.
  public let explicitPort: Int?
  /// The path, percent-encoded; it starts with `/`.
  public let path: String
  /// What follows `?`, percent-encoded.
  public let query: String?
  /// What follows `#`, percent-encoded; it is never sent.
  public let fragment: String?

  init(
    scheme: Scheme, credentials: Credentials?, host: String, explicitPort: Int?, path: String, query: String?,
    fragment: String?
  ) {
    self.scheme = scheme
    self.credentials = credentials
    self.host = host
    self.explicitPort = explicitPort == scheme.defaultPort ? nil : explicitPort
    self.path = path.isEmpty ? "/" : path
    self.query = query
    self.fragment = fragment
  }

  /// The port that a connection goes to.
  public var port: Int { explicitPort ?? scheme.defaultPort }

  /// Scheme, host and port: what may see the credentials that were meant for it.
  public var origin: Origin { Origin(scheme: scheme, host: host, port: port) }

  /// The part of an address that decides who answers.
  public struct Origin: Hashable, Sendable, CustomStringConvertible {
    /// The protocol.
    public let scheme: Scheme
    /// The server.
    public let host: String
    /// The port.
    public let port: Int

    /// The origin as `scheme://host:port`.
    public var description: String { "\(scheme.rawValue)://\(host):\(port)" }
  }

  /// The same address without user, password and fragment: what goes over the wire.
  public var bare: HTTPURL {
    HTTPURL(
      scheme: scheme, credentials: nil, host: host, explicitPort: explicitPort, path: path, query: query, fragment: nil)
  }

  /// The same address with other credentials.
  public func with(credentials: Credentials?) -> HTTPURL {
    HTTPURL(
      scheme: scheme, credentials: credentials, host: host, explicitPort: explicitPort, path: path, query: query,
      fragment: fragment)
  }

  /// The address as text, without user, password and fragment.
  public var text: String { prefixText + path + (query.map { "?" + $0 } ?? "") }

  private var prefixText: String {
    "\(scheme.rawValue)://\(host)" + (explicitPort.map { ":\($0)" } ?? "")
  }

  /// The last part of the path, percent-decoded; empty if the path ends with `/`.
  public var lastPathComponent: String {
    PercentEncoding.decoded(path.split(separator: "/", omittingEmptySubsequences: false).last ?? "")
  }
}

extension HTTPURL: CustomStringConvertible {
  /// The address for people: without user and password, and with the values of the query hidden, as they may be
  /// signatures.
  public var description: String {
    guard let query else { return prefixText + path }
    let hidden = query.split(separator: "&", omittingEmptySubsequences: false).map { pair in
      guard let equals = pair.utf8.firstIndex(of: UInt8(ascii: "=")) else { return String(pair) }
      return pair[...equals] + "***"
    }
    return prefixText + path + "?" + hidden.joined(separator: "&")
  }
}
