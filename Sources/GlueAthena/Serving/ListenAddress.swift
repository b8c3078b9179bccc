/// Where a server listens: a numeric address and a port.
struct ListenAddress: Equatable, Sendable {
  let host: String
  let port: UInt16

  /// Where `serve` listens when nothing is said: on all addresses, as exporters of metrics do.
  static let usual = ListenAddress(host: "0.0.0.0", port: 8080)

  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Understands `PORT`, `:PORT`, `HOST:PORT` and `[IPv6]:PORT`; names other than `localhost` are not looked up.
  init(parsing text: String) throws(UsageError) {
    let hint = "for example :8080, 127.0.0.1:8080 or [::1]:8080"
    let colon = text.lastIndex(of: ":")
    let digits = colon.map { text[text.index(after: $0)...] } ?? text[...]
    guard let port = UInt16(digits), digits.allSatisfy(\.isNumber) else {
      throw UsageError("\"\(text)\" has no port", hint: hint)
    }
    var host = colon.map { String(text[..<$0]) } ?? ""
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw UsageError("\"\(text)\" is no address", hint: hint)
    }
    switch host {
    case "", "*": self.init(host: Self.usual.host, port: port)
    case "localhost": self.init(host: "127.0.0.1", port: port)
    default: self.init(host: host, port: port)
    }
  }
}

extension ListenAddress: CustomStringConvertible {
  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
