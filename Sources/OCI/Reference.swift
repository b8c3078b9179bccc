/// The name of an image in a registry: a domain, a repository, and a tag or a digest or both.
///
/// A name is normalised as Docker does it, so that `debian`, `library/debian` and `docker.io/library/debian` are one.
/// Specification: OCI distribution-spec 1.1, "Pulling manifests"; the grammar of domains is distribution/reference's.
public struct Reference: Hashable, Sendable, CustomStringConvertible {
  /// The registry, `HOST[:PORT]`; `docker.io` where the text names none.
  public let domain: String
  /// The repository, for example `library/debian`.
  public let repository: String
  /// The tag, if one is named.
  public let tag: String?
  /// The digest, if one is named; it decides, and the tag beside it is for people.
  public let digest: Digest?

  /// The domain of names that have none.
  public static let defaultDomain = "docker.io"
  /// The tag that is meant where neither a tag nor a digest is named.
  public static let defaultTag = "latest"
  /// The longest repository with its domain, in bytes.
  static let longestName = 255
  /// The longest tag, in bytes.
  static let longestTag = 128

  /// Why a text is no reference.
  public enum ParseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is nothing before the tag or the digest.
    case noRepository
    /// The domain is no host with an optional port.
    case domain(String)
    /// A part of the repository is empty or has a character that is not allowed.
    case repository(String)
    /// The repository has capital letters.
    case capitals(String)
    /// The name is longer than 255 bytes.
    case tooLong
    /// The name is 64 hexadecimal digits and could be taken for an image's identifier.
    case identifier
    /// The tag has a character that is not allowed, or more than 128.
    case tag(String)
    /// The digest is malformed.
    case digest(Digest.ParseError)

    /// The reason in one sentence.
    public var description: String {
      switch self {
      case .noRepository: "the reference names no repository"
      case .domain(let text): "'\(text)' is no registry: it is written HOST[:PORT]"
      case .repository(let text):
        "'\(text)' is no repository: its parts are lower-case letters and digits, joined by single '.', '_', '__' or '-'"
      case .capitals(let text): "the repository '\(text)' has capital letters; only lower-case ones are allowed"
      case .tooLong: "the name is longer than \(Reference.longestName) bytes"
      case .identifier: "64 hexadecimal digits are an image's identifier and no repository"
      case .tag(let text): "'\(text)' is no tag: it has up to 128 letters, digits, '_', '.' and '-'"
      case .digest(let error): "\(error)"
      }
    }
  }

  /// Reads `[DOMAIN/]REPOSITORY[:TAG][@DIGEST]`.
  public init(parsing text: some StringProtocol) throws(ParseError) {
    var name = text[...]
    var digest: Digest?
    if let at = name.firstIndex(of: "@") {
      do { digest = try Digest(parsing: name[name.index(after: at)...]) } catch { throw .digest(error) }
      name = name[..<at]
    }
    var tag: String?
    if let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") {
      tag = String(name[name.index(after: colon)...])
      name = name[..<colon]
    }
    guard !name.isEmpty else { throw .noRepository }
    let (domain, repository) = Self.split(name)
    if name.utf8.count == 64, name.utf8.allSatisfy(\.isLowercaseHexadecimal) { throw .identifier }
    try self.init(domain: domain, repository: repository, tag: tag, digest: digest)
  }

  /// Joins the parts of a name, each checked.
  public init(domain: String, repository: String, tag: String? = nil, digest: Digest? = nil) throws(ParseError) {
    guard Self.isDomain(domain) else { throw .domain(domain) }
    guard !repository.isEmpty else { throw .noRepository }
    guard domain.utf8.count + 1 + repository.utf8.count <= Self.longestName else { throw .tooLong }
    guard !repository.utf8.contains(where: { (65...90).contains($0) }) else { throw .capitals(repository) }
    for part in repository.split(separator: "/", omittingEmptySubsequences: false) {
      guard Self.isPathComponent(part) else { throw .repository(repository) }
    }
    if let tag, !Self.isTag(tag) { throw .tag(tag) }
    self.domain = domain
    self.repository = repository
    self.tag = tag
    self.digest = digest
  }

  private init(unchecked other: Reference, tag: String?, digest: Digest?) {
    domain = other.domain
    repository = other.repository
    self.tag = tag
    self.digest = digest
  }

  /// The same repository at a digest; the tag stays for people.
  public func pinned(to digest: Digest) -> Reference { Reference(unchecked: self, tag: tag, digest: digest) }

  /// The same repository at another tag and no digest.
  public func tagged(_ tag: String) throws(ParseError) -> Reference {
    guard Self.isTag(tag) else { throw .tag(tag) }
    return Reference(unchecked: self, tag: tag, digest: nil)
  }

  /// What a registry is asked for: the digest, else the tag, else `latest`.
  public var target: String { digest?.description ?? tag ?? Self.defaultTag }

  /// The domain and the repository.
  public var name: String { "\(domain)/\(repository)" }

  /// The whole reference with its domain.
  public var description: String { name + suffix }

  /// The reference as Docker's users write it: without `docker.io/` and `library/`.
  public var familiar: String {
    guard domain == Self.defaultDomain else { return description }
    let isOfficial = repository.hasPrefix("library/") && !repository.dropFirst(8).contains("/")
    let short = (isOfficial ? String(repository.dropFirst(8)) : repository) + suffix
    // A repository whose first part could be a registry, or an identifier, needs its own registry before it.
    return (try? Reference(parsing: short)) == self ? short : description
  }

  private var suffix: String { (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }
}

// MARK: The grammar

extension Reference {
  /// The first part is a domain if it can't be one of Docker Hub's users: it has a dot, a port or capitals, or is `localhost`.
  private static func split(_ name: some StringProtocol) -> (domain: String, repository: String) {
    if let slash = name.firstIndex(of: "/") {
      let first = name[..<slash]
      let rest = String(name[name.index(after: slash)...])
      let isDomain =
        first == "localhost" || first.utf8.contains { $0 == 46 || $0 == 58 || (65...90).contains($0) }
      if isDomain {
        guard first == defaultDomain || first == "index.docker.io" else { return (String(first), rest) }
        return (defaultDomain, rest.contains("/") ? rest : "library/\(rest)")
      }
      return (defaultDomain, String(name))
    }
    return (defaultDomain, "library/\(name)")
  }

  private static func isDomain(_ text: String) -> Bool {
    var host = text[...]
    if host.hasPrefix("[") {
      guard let end = host.firstIndex(of: "]") else { return false }
      let address = host[host.index(after: host.startIndex)..<end]
      guard !address.isEmpty, address.utf8.allSatisfy({ $0.isHexadecimal || $0 == 58 }) else { return false }
      let rest = host[host.index(after: end)...]
      return rest.isEmpty || rest.first == ":" && isPort(rest.dropFirst())
    }
    if let colon = host.lastIndex(of: ":") {
      guard isPort(host[host.index(after: colon)...]) else { return false }
      host = host[..<colon]
    }
    return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty && label.utf8.first != 45 && label.utf8.last != 45
        && label.utf8.allSatisfy { $0.isLetterOrDigit || $0 == 45 }
    }
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { (48...57).contains($0) } && (1...65535).contains(Int(text) ?? 0)
  }

  /// Letters and digits, joined by one `.`, one or two `_`, or any number of `-`.
  private static func isPathComponent(_ part: Substring) -> Bool {
    var separator: [UInt8] = []
    var hasStarted = false
    for byte in part.utf8 {
      if byte.isLetterOrDigit {
        let isJoined = separator.isEmpty || hasStarted && isSeparator(separator)
        guard isJoined else { return false }
        separator = []
        hasStarted = true
      } else {
        separator.append(byte)
      }
    }
    return hasStarted && separator.isEmpty
  }

  private static func isSeparator(_ bytes: [UInt8]) -> Bool {
    bytes == [46] || bytes == [95] || bytes == [95, 95] || bytes.allSatisfy { $0 == 45 }
  }

  private static func isTag(_ text: String) -> Bool {
    guard let first = text.utf8.first, first.isLetterOrDigit || first == 95 else { return false }
    return text.utf8.count <= longestTag
      && text.utf8.allSatisfy { $0.isLetterOrDigit || $0 == 95 || $0 == 46 || $0 == 45 }
  }
}

extension UInt8 {
  fileprivate var isLetterOrDigit: Bool {
    (48...57).contains(self) || (65...90).contains(self) || (97...122).contains(self)
  }

  fileprivate var isLowercaseHexadecimal: Bool { (48...57).contains(self) || (97...102).contains(self) }

  fileprivate var isHexadecimal: Bool { isLowercaseHexadecimal || (65...70).contains(self) }
}
