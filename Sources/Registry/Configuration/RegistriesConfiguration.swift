import Host
import JSON
package import OCI
import TOML

/// Which registries are reached how: mirrors, rewrites, plain HTTP, prohibitions.
///
/// Specification: containers-registries.conf(5), version 2; Docker's `daemon.json` knows a part of it.
public struct RegistriesConfiguration: Hashable, Sendable {
  /// A host, with or without a part of its repositories, that holds the same.
  public struct Mirror: Hashable, Sendable {
    /// `HOST[:PORT][/PATH]`.
    public let location: String
    /// Whether plain HTTP and certificates that nobody signed are accepted.
    public let isInsecure: Bool
    /// What it is asked for.
    public let use: Use

    /// What a mirror is asked for.
    public enum Use: String, Hashable, Sendable {
      /// Everything.
      case all
      /// Names with a digest.
      case digestOnly = "digest-only"
      /// Names with a tag and no digest.
      case tagOnly = "tag-only"
    }

    /// Describes a mirror.
    public init(location: String, isInsecure: Bool = false, use: Use = .all) {
      self.location = location
      self.isInsecure = isInsecure
      self.use = use
    }
  }

  /// What holds for all names that start alike.
  public struct Entry: Hashable, Sendable {
    /// `HOST[:PORT][/PATH]`, or `*.DOMAIN`.
    public let prefix: String
    /// What the prefix is replaced by; the prefix itself if absent.
    public let location: String?
    /// Whether plain HTTP and certificates that nobody signed are accepted.
    public let isInsecure: Bool
    /// Whether nothing may be had from there.
    public let isBlocked: Bool
    /// Who is asked before, in order.
    public let mirrors: [Mirror]

    /// Describes an entry.
    public init(
      prefix: String, location: String? = nil, isInsecure: Bool = false, isBlocked: Bool = false, mirrors: [Mirror] = []
    ) {
      self.prefix = prefix
      self.location = location
      self.isInsecure = isInsecure
      self.isBlocked = isBlocked
      self.mirrors = mirrors
    }
  }

  /// All entries; the one with the longest fitting prefix holds.
  public var entries: [Entry]

  /// Makes a configuration.
  public init(entries: [Entry] = []) { self.entries = entries }

  /// Reads the text of a `registries.conf`.
  public init(parsing text: String, path: String = "registries.conf") throws(RegistryError) {
    let document: TOMLNode
    do throws(TOMLError) { document = try TOMLNode(parsing: text) } catch {
      throw .configuration(path: path, reason: "\(error)")
    }
    // Version 1 had tables [registries.search] and the like; nothing has written it since 2019.
    if document["registries"] != nil {
      throw .configuration(path: path, reason: "it has the old form; [[registry]] tables are known")
    }
    entries = []
    for table in document["registry"]?.array ?? [] { entries.append(try Self.entry(table, path)) }
  }

  private static func entry(_ table: TOMLNode, _ path: String) throws(RegistryError) -> Entry {
    let location = try name(table["location"]?.string, path)
    guard let prefix = try name(table["prefix"]?.string, path) ?? location else {
      throw .configuration(path: path, reason: "a [[registry]] has neither prefix nor location")
    }
    var mirrors: [Mirror] = []
    let isByDigest = table["mirror-by-digest-only"]?.bool == true
    for mirror in table["mirror"]?.array ?? [] {
      guard let location = try name(mirror["location"]?.string, path) else {
        throw .configuration(path: path, reason: "a [[registry.mirror]] has no location")
      }
      let use = mirror["pull-from-mirror"]?.string.flatMap { Mirror.Use(rawValue: $0) }
      mirrors.append(
        Mirror(
          location: location, isInsecure: mirror["insecure"]?.bool == true,
          use: use ?? (isByDigest ? .digestOnly : .all)))
    }
    return Entry(
      prefix: prefix, location: location, isInsecure: table["insecure"]?.bool == true,
      isBlocked: table["blocked"]?.bool == true, mirrors: mirrors)
  }

  private static func name(_ text: String?, _ path: String) throws(RegistryError) -> String? {
    guard var name = text?[...] else { return nil }
    while name.hasSuffix("/") { name = name.dropLast() }
    guard !name.isEmpty, !name.contains("://"), !name.contains(" ") else {
      throw .configuration(path: path, reason: "'\(text ?? "")' is no HOST[:PORT][/PATH]")
    }
    return String(name)
  }

  /// Adds what Docker's `daemon.json` says, after everything that is known already.
  public mutating func add(dockerDaemon text: [UInt8], path: String) throws(RegistryError) {
    let json: JSONValue
    do throws(JSONParseError) { json = try JSONValue(parsing: text) } catch {
      throw .configuration(path: path, reason: "\(error)")
    }
    let mirrors = (json["registry-mirrors"]?.strings ?? []).map { address in
      let isPlain = address.hasPrefix("http://")
      var location = address[...]
      for scheme in ["https://", "http://"] where location.hasPrefix(scheme) {
        location = location.dropFirst(scheme.count)
      }
      while location.hasSuffix("/") { location = location.dropLast() }
      return Mirror(location: String(location), isInsecure: isPlain)
    }
    if !mirrors.isEmpty { entries.append(Entry(prefix: Reference.defaultDomain, mirrors: mirrors)) }
    // Networks in CIDR notation stand there, too; those of the loopback need no entry, others are no host's name.
    for host in json["insecure-registries"]?.strings ?? [] where !host.contains("/") {
      entries.append(Entry(prefix: host, isInsecure: true))
    }
  }

  /// Reads this machine's files: the user's or else the system's, then Docker's.
  ///
  /// `CONTAINERS_REGISTRIES_CONF` names one file that replaces the former.
  public init(environment: [String: String]) throws(RegistryError) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let settings = value("XDG_CONFIG_HOME") ?? Path.join(value("HOME") ?? "/root", ".config")
    let user = Path.join(settings, "containers/registries.conf")
    let main = value("CONTAINERS_REGISTRIES_CONF") ?? (Files.exists(user) ? user : "/etc/containers/registries.conf")
    var paths = [main]
    let folder = main + ".d"
    for name in (try? Files.list(folder)) ?? [] where name.hasSuffix(".conf") { paths.append("\(folder)/\(name)") }
    self.init()
    for path in paths where Files.isFile(path) {
      let text = try hosted { () throws(SystemError) in try Files.text(path, limit: 4 << 20) }
      // A later file's entry replaces an earlier one's for the same prefix.
      let more = try RegistriesConfiguration(parsing: text, path: path).entries
      entries = entries.filter { old in !more.contains { $0.prefix == old.prefix } } + more
    }
    let daemon = value("DRYDOCK_DOCKER_DAEMON_JSON") ?? "/etc/docker/daemon.json"
    if Files.isFile(daemon) {
      try add(
        dockerDaemon: try hosted { () throws(SystemError) in try Files.read(daemon, limit: 1 << 20) }, path: daemon)
    }
  }
}

// MARK: Where a name leads

extension RegistriesConfiguration {
  /// The repositories that a reference may be had from, in order: mirrors, then the registry itself.
  package func endpoints(for reference: Reference) throws(RegistryError) -> [Endpoint] {
    let own = Endpoint(
      domain: reference.domain, repository: reference.repository, login: reference, isInsecure: false, isMirror: false)
    let fitting = entries.filter { Self.fits($0.prefix, reference.name) }
    guard let entry = fitting.max(by: { $0.prefix.utf8.count < $1.prefix.utf8.count }) else { return [own] }
    if entry.isBlocked { throw .blocked(reference.name) }
    var endpoints: [Endpoint] = []
    // Docker's settings may follow with an entry of the same prefix: the first that has mirrors decides.
    let mirrors = fitting.first { $0.prefix == entry.prefix && !$0.mirrors.isEmpty }?.mirrors ?? []
    for mirror in mirrors {
      switch mirror.use {
      case .digestOnly where reference.digest == nil: continue
      case .tagOnly where reference.digest != nil: continue
      default: break
      }
      endpoints.append(
        try Self.endpoint(reference, entry.prefix, mirror.location, isInsecure: mirror.isInsecure, isMirror: true))
    }
    let isInsecure = fitting.contains { $0.isInsecure && $0.prefix == entry.prefix }
    if let location = entry.location, !entry.prefix.hasPrefix("*."), location != entry.prefix {
      endpoints.append(try Self.endpoint(reference, entry.prefix, location, isInsecure: isInsecure, isMirror: false))
    } else {
      endpoints.append(
        Endpoint(
          domain: own.domain, repository: own.repository, login: reference, isInsecure: isInsecure, isMirror: false))
    }
    return endpoints
  }

  private static func fits(_ prefix: String, _ name: String) -> Bool {
    if prefix.hasPrefix("*.") {
      let host = name.prefix { $0 != "/" }
      return host.hasSuffix(prefix.dropFirst(1))
    }
    guard name.hasPrefix(prefix) else { return false }
    return name.utf8.count == prefix.utf8.count || name.dropFirst(prefix.count).first == "/"
  }

  private static func endpoint(
    _ reference: Reference, _ prefix: String, _ location: String, isInsecure: Bool, isMirror: Bool
  ) throws(RegistryError) -> Endpoint {
    let rest = prefix.hasPrefix("*.") ? "/\(reference.repository)" : String(reference.name.dropFirst(prefix.count))
    let full = location + rest
    guard let slash = full.firstIndex(of: "/"), full.index(after: slash) < full.endIndex else {
      throw .configuration(path: "registries.conf", reason: "'\(location)' leaves no repository for \(reference.name)")
    }
    let domain = String(full[..<slash])
    let repository = String(full[full.index(after: slash)...])
    do throws(Reference.ParseError) {
      let login = try Reference(domain: domain, repository: repository)
      return Endpoint(
        domain: domain, repository: repository, login: login, isInsecure: isInsecure, isMirror: isMirror)
    } catch {
      throw .configuration(path: "registries.conf", reason: "the mirror of \(reference.name): \(error)")
    }
  }
}

/// A repository at a host that is really asked.
package struct Endpoint: Hashable, Sendable {
  /// `HOST[:PORT]` as people write it.
  let domain: String
  /// The repository there.
  let repository: String
  /// The name that logins are looked up by.
  let login: Reference
  /// Whether plain HTTP and certificates that nobody signed are accepted.
  let isInsecure: Bool
  /// Whether it stands for another.
  let isMirror: Bool

  /// The host that requests go to; Docker Hub's is not its domain.
  var host: String { domain == Reference.defaultDomain ? "registry-1.docker.io" : domain }

  /// Whether the host is this machine, where plain HTTP harms nobody.
  var isLoopback: Bool {
    if host.hasPrefix("[") { return host.prefix { $0 != "]" } == "[::1" }
    let name = host.prefix { $0 != ":" }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return name == "localhost" || parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// The repository with its domain, for people.
  var name: String { "\(domain)/\(repository)" }
}
