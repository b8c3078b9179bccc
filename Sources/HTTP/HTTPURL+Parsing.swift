extension HTTPURL {
  /// Reads an absolute address.
  public init(parsing text: some StringProtocol) throws(ParseError) {
    let bytes = Array(text.utf8)
    guard bytes.count <= 8192 else { throw .tooLong }
    let reference = try Reference(bytes)
    guard let name = reference.scheme, let scheme = Scheme(rawValue: name.lowercased()) else {
      throw .scheme(reference.scheme ?? String(decoding: bytes.prefix(16), as: UTF8.self))
    }
    guard let authority = reference.authority else { throw .noHost }
    try self.init(scheme: scheme, authority: authority, reference: reference)
  }

  /// Reads a reference and resolves it against this address.
  ///
  /// The result has this address's credentials if it stays at the same origin and names none.
  ///
  /// RFC 3986, section 5.2.2.
  public func resolving(_ text: some StringProtocol) throws(ParseError) -> HTTPURL {
    let bytes = Array(text.utf8)
    guard bytes.count <= 8192 else { throw .tooLong }
    let reference = try Reference(bytes)
    if reference.scheme != nil {
      let absolute = try HTTPURL(parsing: text)
      return absolute.credentials == nil && absolute.origin == origin
        ? absolute.with(credentials: credentials) : absolute
    }
    if let authority = reference.authority {
      let target = try HTTPURL(scheme: scheme, authority: authority, reference: reference)
      return target.credentials == nil && target.origin == origin ? target.with(credentials: credentials) : target
    }
    let path: String
    let query: String?
    if reference.path.isEmpty {
      path = self.path
      query = reference.query ?? self.query
    } else {
      path =
        reference.path.hasPrefix("/")
        ? reference.path : String(self.path[...(self.path.lastIndex(of: "/") ?? self.path.startIndex)]) + reference.path
      query = reference.query
    }
    return HTTPURL(
      scheme: scheme, credentials: credentials, host: host, explicitPort: explicitPort,
      path: HTTPURL.removingDotSegments(path), query: query, fragment: reference.fragment)
  }

  /// The address of one more path component, percent-encoded here, below this address read as a folder.
  public func appending(component: String, isFolder: Bool = false) -> HTTPURL {
    let base = path.hasSuffix("/") ? path : path + "/"
    return HTTPURL(
      scheme: scheme, credentials: credentials, host: host, explicitPort: explicitPort,
      path: base + PercentEncoding.encodedComponent(component) + (isFolder ? "/" : ""), query: nil, fragment: nil)
  }

  /// The address of the file that lies beside this one under the same name with something appended.
  public func appending(toPath suffix: String) -> HTTPURL {
    HTTPURL(
      scheme: scheme, credentials: credentials, host: host, explicitPort: explicitPort, path: path + suffix,
      query: query, fragment: nil)
  }

  private init(scheme: Scheme, authority: [UInt8], reference: Reference) throws(ParseError) {
    var rest = authority[...]
    var credentials: Credentials?
    if let at = rest.lastIndex(of: UInt8(ascii: "@")) {
      let user = rest[..<at]
      let colon = user.firstIndex(of: UInt8(ascii: ":")) ?? user.endIndex
      credentials = .basic(
        user: PercentEncoding.decoded(String(decoding: user[..<colon], as: UTF8.self)),
        password: PercentEncoding.decoded(String(decoding: user[colon...].dropFirst(), as: UTF8.self)))
      rest = rest[(at + 1)...]
    }
    // A colon inside the brackets of an IPv6 address is no port.
    let hostEnd =
      rest.first == UInt8(ascii: "[")
      ? rest.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? rest.endIndex
      : rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
    let host = String(decoding: rest[..<hostEnd], as: UTF8.self).lowercased()
    guard !host.isEmpty, host != "[]" else { throw .noHost }
    let isLiteral = host.hasPrefix("[")
    guard !isLiteral || host.hasSuffix("]") else { throw .noHost }
    for byte in isLiteral ? host.dropFirst().dropLast().utf8 : host[...].utf8
    where !(Self.isNameByte(byte) || isLiteral && byte == UInt8(ascii: ":")) {
      throw .character(byte)
    }
    var port: Int?
    let portText = String(decoding: rest[hostEnd...].dropFirst(), as: UTF8.self)
    if hostEnd < rest.endIndex, !portText.isEmpty || rest[hostEnd] != UInt8(ascii: ":") {
      guard rest[hostEnd] == UInt8(ascii: ":"), portText.utf8.allSatisfy({ (48...57).contains($0) }),
        let number = Int(portText), (1...65535).contains(number)
      else { throw .port(portText) }
      port = number
    }
    self.init(
      scheme: scheme, credentials: credentials, host: host, explicitPort: port,
      path: Self.removingDotSegments(reference.path), query: reference.query, fragment: reference.fragment)
  }

  /// Whether a byte can be part of a host's name: letters, digits, and what names use beside them.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
  }

  // RFC 3986, section 5.2.4.
  static func removingDotSegments(_ path: String) -> String {
    guard path.utf8.contains(UInt8(ascii: ".")) else { return path }
    var kept: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
      let isLast = index == segments.count - 1
      switch segment {
      case ".":
        if isLast { kept.append("") }
      case "..":
        if kept.count > 1 { kept.removeLast() }
        if isLast { kept.append("") }
      default: kept.append(segment)
      }
    }
    return kept.joined(separator: "/")
  }
}

/// The five parts of a URI reference, before any of them means something.
///
/// RFC 3986, appendix B.
private struct Reference {
  let scheme: String?
  let authority: [UInt8]?
  let path: String
  let query: String?
  let fragment: String?

  init(_ bytes: [UInt8]) throws(HTTPURL.ParseError) {
    for byte in bytes where byte <= 0x20 || byte == 0x7f || byte == UInt8(ascii: "\\") { throw .character(byte) }
    var rest = bytes[...]
    if let colon = rest.firstIndex(of: UInt8(ascii: ":")), colon > 0,
      rest[..<colon].allSatisfy(Self.isSchemeByte), !(48...57).contains(rest[0])
    {
      scheme = String(decoding: rest[..<colon], as: UTF8.self)
      rest = rest[(colon + 1)...]
    } else {
      scheme = nil
    }
    if rest.starts(with: [UInt8(ascii: "/"), UInt8(ascii: "/")]) {
      rest = rest.dropFirst(2)
      let end = rest.firstIndex { [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0) }
      authority = Array(rest[..<(end ?? rest.endIndex)])
      rest = rest[(end ?? rest.endIndex)...]
    } else {
      authority = nil
    }
    let hash = rest.firstIndex(of: UInt8(ascii: "#")) ?? rest.endIndex
    let beforeFragment = rest[..<hash]
    let mark = beforeFragment.firstIndex(of: UInt8(ascii: "?")) ?? hash
    path = PercentEncoding.encodedLeftovers(rest[..<mark])
    query = mark < hash ? PercentEncoding.encodedLeftovers(rest[(mark + 1)..<hash]) : nil
    fragment = hash < rest.endIndex ? PercentEncoding.encodedLeftovers(rest[(hash + 1)...]) : nil
  }

  private static func isSchemeByte(_ byte: UInt8) -> Bool {
    switch byte | 0x20 {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): true
    default: (48...57).contains(byte) || [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
    }
  }
}
