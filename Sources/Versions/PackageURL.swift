/// Names a package of any ecosystem in one line (package URL specification, ECMA-427).
public struct PackageURL: Hashable, Sendable, CustomStringConvertible {
  /// The ecosystem, for example `pypi` or `deb`.
  public let type: String
  /// The part before the name, for example `debian`; empty if there is none.
  public let namespace: String
  /// The package.
  public let name: String
  /// Its version, if given.
  public let version: String?
  /// Further facts such as the architecture, by key.
  public let qualifiers: [String: String]

  /// Creates a package URL from its parts, not yet percent-encoded.
  public init(
    type: String, namespace: String = "", name: String, version: String? = nil, qualifiers: [String: String] = [:]
  ) {
    self.type = type.lowercased()
    self.namespace = namespace
    self.name = name
    self.version = version
    self.qualifiers = qualifiers.filter { !$0.value.isEmpty }
  }

  /// Names a release of a Python project.
  public static func pypi(_ name: PackageName, _ version: PEP440Version) -> PackageURL {
    PackageURL(type: "pypi", name: name.description, version: version.description)
  }

  /// Names a Debian package for an architecture.
  public static func debian(_ name: String, _ version: DebianVersion, architecture: String) -> PackageURL {
    PackageURL(
      type: "deb", namespace: "debian", name: name, version: version.description, qualifiers: ["arch": architecture])
  }

  /// The canonical form: qualifiers sorted by key, all else percent-encoded.
  public var description: String {
    var text = "pkg:\(type)/"
    for segment in namespace.split(separator: "/") { text += Self.encoded(String(segment)) + "/" }
    text += Self.encoded(name)
    if let version { text += "@" + Self.encoded(version) }
    let pairs = qualifiers.sorted { $0.key < $1.key }.map { "\($0.key.lowercased())=\(Self.encoded($0.value))" }
    return pairs.isEmpty ? text : text + "?" + pairs.joined(separator: "&")
  }

  /// Percent-encodes all but the unreserved characters and the colon ("Character encoding").
  private static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte.isASCIIAlphanumeric || ".-_~:".utf8.contains(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
