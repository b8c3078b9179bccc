internal import HTTP

/// The first line and the fields of a request, as a command sends it to its proxy.
///
/// RFC 9112, sections 3 and 5.
struct RequestHead: Hashable, Sendable {
  let method: String
  let target: String
  let headers: HTTPHeaders
  /// Whether another request may follow on the connection.
  let keepsConnection: Bool

  /// The most bytes of a head.
  static let limit = 64 << 10

  /// Fields that are about one connection (RFC 9110, section 7.6.1), about a copy that the command has, or about a part of
  /// the body: a recorded answer is whole, as a server's may always be.
  private static let dropped: Set<String> = [
    "accept-encoding", "connection", "content-length", "expect", "host", "if-match", "if-modified-since",
    "if-none-match", "if-range", "if-unmodified-since", "keep-alive", "proxy-authorization", "proxy-connection",
    "range",
    "te", "trailer", "transfer-encoding", "upgrade",
  ]

  /// Reads a head up to and without its empty line; nil if it is malformed.
  init?(parsing bytes: some Collection<UInt8>) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0", !words[0].isEmpty, !words[1].isEmpty
    else { return nil }
    var headers = HTTPHeaders()
    for line in lines.dropFirst() where !line.isEmpty {
      guard let colon = line.firstIndex(of: ":"), colon > line.startIndex, !line[..<colon].contains(" ") else {
        return nil
      }
      let value = line[line.index(after: colon)...]
      headers.append(String(line[..<colon]), String(value.drop { $0 == " " || $0 == "\t" }))
    }
    (method, target) = (String(words[0]), String(words[1]))
    self.headers = headers
    let connection = (headers["Connection"] ?? headers["Proxy-Connection"])?.lowercased()
    keepsConnection = words[2] == "HTTP/1.1" ? connection != "close" : false
  }

  /// Whether a body follows.
  var hasBody: Bool { headers["Transfer-Encoding"] != nil || (headers["Content-Length"] ?? "0") != "0" }

  /// The fields to hand on.
  var forwarded: HTTPHeaders {
    var forwarded = HTTPHeaders()
    let named = (headers["Connection"] ?? "").lowercased().split { $0 == "," || $0 == " " }.map(String.init)
    for field in headers.fields where !Self.dropped.union(named).contains(field.name.lowercased()) {
      forwarded.append(field.name, field.value)
    }
    return forwarded
  }
}
