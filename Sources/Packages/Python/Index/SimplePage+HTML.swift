import HTTP

extension SimplePage {
  /// Reads the HTML form: the anchors, with what their attributes say.
  ///
  /// PEP 503, "Specification"; PEP 592 for `data-yanked`, PEP 658 and 714 for the metadata, PEP 629 for the version.
  init(html bytes: [UInt8]) throws(SimplePageError) {
    var scanner = HTMLTagScanner(bytes)
    while let tag = scanner.next() {
      switch tag.name {
      case "a":
        if let address = tag["href"], let link = Self.link(address, tag) { try append(.link(link)) }
      case "base": base = base ?? tag["href"]
      case "meta":
        if tag["name"] == "pypi:repository-version", let version = tag["content"] {
          try Self.requireReadable(version: version)
        }
      default: break
      }
    }
  }

  private static func link(_ address: String, _ tag: HTMLTag) -> Link? {
    var link = Link()
    let hash = address.firstIndex(of: "#") ?? address.endIndex
    link.address = String(address[..<hash])
    let path = link.address.prefix { $0 != "?" }
    link.fileName = PercentEncoding.decoded(path.split(separator: "/").last ?? "")
    guard !link.fileName.isEmpty else { return nil }
    for part in address[hash...].dropFirst().split(separator: "&") where part.hasPrefix("sha256=") {
      link.sha256 = sha256(String(part.dropFirst(7)))
    }
    link.requiresPython = tag["data-requires-python"]
    link.yankReason = tag["data-yanked"]
    if let value = tag["data-core-metadata"] ?? tag["data-dist-info-metadata"], value != "false" {
      link.metadataFile = .announced(sha256: value.hasPrefix("sha256=") ? sha256(String(value.dropFirst(7))) : nil)
    }
    return link
  }
}

/// Is one opening tag with its attributes.
private struct HTMLTag {
  let name: String
  let attributes: [(name: String, value: String)]

  subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }
}

/// Finds the tags that matter in HTML, as browsers would, and passes over everything else.
private struct HTMLTagScanner {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next opening tag of `a`, `base` or `meta`.
  mutating func next() -> HTMLTag? {
    while offset < bytes.count {
      guard bytes[offset] == UInt8(ascii: "<") else {
        offset += 1
        continue
      }
      offset += 1
      if isAt("!--") {
        skip(past: "-->")
        continue
      }
      let name = word { !Self.isBlank($0) && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "/") }.lowercased()
      switch name {
      case "a", "base", "meta": return HTMLTag(name: name, attributes: attributes())
      case "script", "style": skip(past: "</" + name)
      default: break
      }
    }
    return nil
  }

  private func isAt(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard offset + count <= bytes.count else { return false }
    return (0..<count).allSatisfy { bytes[offset + $0] == text.utf8Start[$0] }
  }

  private mutating func skip(past text: String) {
    let wanted = Array(text.utf8)
    while offset + wanted.count <= bytes.count {
      let isHere = wanted.indices.allSatisfy {
        bytes[offset + $0] == wanted[$0] || bytes[offset + $0] | 0x20 == wanted[$0]
      }
      if isHere {
        offset += wanted.count
        return
      }
      offset += 1
    }
    offset = bytes.count
  }

  private mutating func word(_ belongs: (UInt8) -> Bool) -> String {
    let start = offset
    while offset < bytes.count, belongs(bytes[offset]) { offset += 1 }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func attributes() -> [(name: String, value: String)] {
    var attributes: [(name: String, value: String)] = []
    while offset < bytes.count, bytes[offset] != UInt8(ascii: ">") {
      if Self.isBlank(bytes[offset]) || bytes[offset] == UInt8(ascii: "/") {
        offset += 1
        continue
      }
      let name = word {
        !Self.isBlank($0) && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "/")
      }
      if name.isEmpty {
        offset += 1
        continue
      }
      attributes.append((name.lowercased(), value()))
      // A tag of an index has a handful; more is an attempt to fill memory.
      if attributes.count > 64 { break }
    }
    return attributes
  }

  /// What follows the name of an attribute: `=` and a word or a text in quotes, or nothing.
  private mutating func value() -> String {
    let start = offset
    _ = word(Self.isBlank)
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "=") else {
      offset = start
      return ""
    }
    offset += 1
    _ = word(Self.isBlank)
    guard offset < bytes.count else { return "" }
    let quote = bytes[offset]
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
      return HTMLEntities.decoded(word { !Self.isBlank($0) && $0 != UInt8(ascii: ">") })
    }
    offset += 1
    let text = word { $0 != quote }
    offset += 1
    return HTMLEntities.decoded(text)
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0c || byte == 0x0d
  }
}

/// The notation of characters as `&…;` that index pages use.
enum HTMLEntities {
  private static let named: [Substring: Character] = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{a0}",
  ]

  /// Replaces the names of XML and numbers; what is no entity stays as it is.
  static func decoded(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
    var decoded = ""
    var rest = text[...]
    while let ampersand = rest.firstIndex(of: "&") {
      decoded += rest[..<ampersand]
      rest = rest[ampersand...]
      let body = rest.dropFirst().prefix(12)
      if let end = body.firstIndex(of: ";"), let character = character(body[..<end]) {
        decoded.append(character)
        rest = rest[rest.index(after: end)...]
      } else {
        decoded.append("&")
        rest = rest.dropFirst()
      }
    }
    return decoded + rest
  }

  private static func character(_ name: Substring) -> Character? {
    guard name.hasPrefix("#") else { return named[name] }
    let digits = name.dropFirst()
    let number = digits.hasPrefix("x") || digits.hasPrefix("X") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    return number.flatMap(Unicode.Scalar.init).map(Character.init)
  }
}
