public import HTTP
import Host

/// Says where this machine gets Python packages from, by pip's own settings.
///
/// Drydock has no index of its own: what pip would ask is what it asks, so that a company's mirror, login, proxy and
/// certificates are obeyed without a word in the specification.
public struct PipConfiguration: Sendable {
  /// Where to look for files beside the indexes, or instead of them.
  public enum Place: Hashable, Sendable {
    /// A directory of this machine with files in it.
    case directory(String)
    /// A page with links.
    case page(HTTPURL)
  }

  /// The indexes in the order of pip: the main one first.
  public let indexes: [HTTPURL]
  /// The places with files.
  public let findLinks: [Place]
  /// A file of trusted certificates.
  public let certificateFile: String?
  /// A file with the client's certificate and key.
  public let clientCertificate: String?
  /// A proxy for everything.
  public let proxy: String?
  /// Hosts, or `host:port`, whose certificate is not checked.
  public let trustedHosts: Set<String>
  /// Whether an index is wanted and none is known, as on a machine without pip: a fault once something is asked of it.
  public internal(set) var lacksIndex = false

  /// Describes where packages come from.
  public init(
    indexes: [HTTPURL], findLinks: [Place] = [], certificateFile: String? = nil, clientCertificate: String? = nil,
    proxy: String? = nil, trustedHosts: Set<String> = []
  ) {
    self.indexes = indexes
    self.findLinks = findLinks
    self.certificateFile = certificateFile
    self.clientCertificate = clientCertificate
    self.proxy = proxy
    self.trustedHosts = trustedHosts
  }

  /// The indexes in the order in which they are asked: the additional ones were added to come before the main one.
  var indexesByPriority: [HTTPURL] { indexes.isEmpty ? [] : indexes.dropFirst() + [indexes[0]] }

  /// The same with what options and files of requirements say on top.
  ///
  /// - Parameters:
  ///   - index: The main index, in place of the configured one.
  ///   - extraIndexes: Additional indexes, which come before those configured.
  ///   - hasNoIndex: Whether no index is asked at all.
  ///   - findLinks: Additional places.
  ///   - trustedHosts: Additional hosts whose certificate is not checked.
  public func adding(
    index: String? = nil, extraIndexes: [String] = [], hasNoIndex: Bool = false, findLinks: [String] = [],
    trustedHosts: [String] = [], home: String
  ) throws(PipConfigurationError) -> PipConfiguration {
    let main = try index.map { text throws(PipConfigurationError) in try Self.address(text, setting: "--index-url") }
    let more = try extraIndexes.map { text throws(PipConfigurationError) in
      try Self.address(text, setting: "--extra-index-url")
    }
    let places = try findLinks.map { text throws(PipConfigurationError) in try Self.place(text, home: home) }
    let all = (main.map { [$0] } ?? Array(indexes.prefix(1))) + more + indexes.dropFirst()
    var configuration = PipConfiguration(
      indexes: hasNoIndex ? [] : all, findLinks: places + self.findLinks, certificateFile: certificateFile,
      clientCertificate: clientCertificate, proxy: proxy,
      trustedHosts: self.trustedHosts.union(trustedHosts.map { $0.lowercased() }))
    configuration.lacksIndex = lacksIndex && main == nil && !hasNoIndex
    return configuration
  }

  /// Reads pip's settings as `pip install` finds them.
  ///
  /// - Parameters:
  ///   - environment: The variables, `PIP_…` among them.
  ///   - defaultIndex: The address of the index that is asked when none is configured.
  ///   - readFile: The text of a file, `nil` if it does not exist.
  public init(
    environment: [String: String], defaultIndex: () throws(PipConfigurationError) -> HTTPURL,
    readFile: (String) throws(PipConfigurationError) -> String?
  ) throws(PipConfigurationError) {
    let settings = try PipSettings(environment: environment, readFile: readFile)
    var indexes: [HTTPURL] = []
    if !settings.isSet("no-index") {
      if let text = settings["index-url"] {
        indexes.append(try Self.address(text, setting: "index-url"))
      } else {
        indexes.append(try defaultIndex())
      }
      for text in settings.list("extra-index-url") {
        indexes.append(try Self.address(text, setting: "extra-index-url"))
      }
    }
    self.init(
      indexes: indexes,
      findLinks: try settings.list("find-links").map { text throws(PipConfigurationError) in
        try Self.place(text, home: environment["HOME"] ?? "/")
      },
      certificateFile: settings["cert"], clientCertificate: settings["client-cert"], proxy: settings["proxy"],
      trustedHosts: Set(settings.list("trusted-host").map { $0.lowercased() }))
  }

  /// Reads the settings of this machine, with the default index of the pip that is installed on it.
  public static func ofThisMachine(environment: [String: String]) throws(PipConfigurationError) -> PipConfiguration {
    do throws(PipConfigurationError) {
      return try ofThisMachine(environment: environment) { () throws(PipConfigurationError) in
        try InstalledPip(environment: environment).defaultIndex()
      }
    } catch .noIndex {
      var configuration = try ofThisMachine(environment: environment.merging(["PIP_NO_INDEX": "1"]) { $1 }) {
        () throws(PipConfigurationError) in throw .noIndex
      }
      configuration.lacksIndex = true
      return configuration
    }
  }

  private static func ofThisMachine(
    environment: [String: String], defaultIndex: () throws(PipConfigurationError) -> HTTPURL
  ) throws(PipConfigurationError) -> PipConfiguration {
    try PipConfiguration(
      environment: environment, defaultIndex: defaultIndex,
      readFile: { path throws(PipConfigurationError) in
        do throws(SystemError) { return try Files.text(path, limit: 1 << 20) } catch {
          if error.isMissingFile { return nil }
          throw .unreadable(path: path, reason: error.reason)
        }
      })
  }

  /// A client's configuration with pip's certificates, proxy and trusted hosts, and the logins of the netrc file.
  public func applied(to base: HTTPConfiguration, environment: [String: String]) -> HTTPConfiguration {
    var configuration = base
    if let certificateFile {
      let isFolder = Files.isDirectory(certificateFile)
      configuration.certificateFile = isFolder ? nil : certificateFile
      configuration.certificateFolder = isFolder ? certificateFile : nil
    }
    configuration.clientCertificate = clientCertificate ?? base.clientCertificate
    if let proxy { configuration.proxies = Proxies(all: proxy, exceptions: base.proxies.exceptions) }
    configuration.trustedHosts.formUnion(trustedHosts)
    let path = environment["NETRC"] ?? (environment["HOME"] ?? "/") + "/.netrc"
    if let text = try? Files.text(path, limit: 1 << 20) { configuration.netrc = Netrc(parsing: text) }
    return configuration
  }

  private static func address(_ text: String, setting: String) throws(PipConfigurationError) -> HTTPURL {
    do { return try HTTPURL(parsing: text) } catch { throw .index(setting: setting, reason: error) }
  }

  private static func place(_ text: String, home: String) throws(PipConfigurationError) -> Place {
    if text.hasPrefix("http://") || text.hasPrefix("https://") {
      return .page(try address(text, setting: "find-links"))
    }
    if text.hasPrefix("file://") { return .directory(PercentEncoding.decoded(text.dropFirst(7))) }
    return .directory(text.hasPrefix("~/") ? home + text.dropFirst(1) : text)
  }
}

/// Is every setting of pip that is in force for `pip install`.
struct PipSettings {
  private var values: [String: String] = [:]

  /// Collects the files in pip's order, then the variables; what comes later wins.
  init(
    environment: [String: String], readFile: (String) throws(PipConfigurationError) -> String?
  ) throws(PipConfigurationError) {
    var sections: [String: [String: String]] = [:]
    for path in try Self.files(environment: environment, readFile: readFile) {
      guard let text = try readFile(path) else { continue }
      let file = try PipConfigFile(parsing: text, path: path)
      for (name, settings) in file.sections { sections[name, default: [:]].merge(settings) { $1 } }
    }
    // A section for the command beats the global one, whichever files they stand in.
    for name in ["global", "install"] { merge(sections[name] ?? [:]) }
    for (name, value) in environment where name.hasPrefix("PIP_") {
      merge([PipConfigFile.normalise(String(name.dropFirst(4))): value])
    }
  }

  private mutating func merge(_ settings: [String: String]) {
    for (key, value) in settings where !value.isEmpty { values[key] = value }
  }

  /// The files that may hold settings, the weakest first: system, user, virtual environment, `PIP_CONFIG_FILE`.
  private static func files(
    environment: [String: String], readFile: (String) throws(PipConfigurationError) -> String?
  ) throws(PipConfigurationError) -> [String] {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let named = environment["PIP_CONFIG_FILE"]
    if named == "/dev/null" { return [] }
    let home = value("HOME") ?? "/"
    var files = (value("XDG_CONFIG_DIRS") ?? "/etc/xdg").split(separator: ":").map { "\($0)/pip/pip.conf" }
    files.append("/etc/pip.conf")
    let replacesUser = try named.map { path throws(PipConfigurationError) in try readFile(path) != nil } ?? false
    if !replacesUser {
      files += [home + "/.pip/pip.conf", (value("XDG_CONFIG_HOME") ?? home + "/.config") + "/pip/pip.conf"]
    }
    files.append((value("VIRTUAL_ENV") ?? "/usr") + "/pip.conf")
    if let named { files.append(named) }
    return files
  }

  subscript(key: String) -> String? { values[key] }

  /// The words of a setting that may hold several.
  func list(_ key: String) -> [String] {
    (values[key] ?? "").split { $0 == " " || $0 == "\n" || $0 == "\t" }.map(String.init)
  }

  /// Whether a switch is on, in the words that pip takes for it.
  func isSet(_ key: String) -> Bool { ["y", "yes", "t", "true", "on", "1"].contains(values[key]?.lowercased()) }
}
