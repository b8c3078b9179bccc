public import HTTP
import Host

/// What this machine's apt is told: where packages come from, who signs them, and through which proxy.
///
/// Drydock has no mirror of its own: a company's mirror, proxy and keys are configured once, for apt, and count here too.
public struct AptConfiguration: Sendable {
  /// The sources in the order apt reads them.
  public let sources: [AptSource]
  private let settings: AptSettings
  private let logins: String
  /// The folder that paths in the configuration are below.
  private let root: String

  /// Reads `/etc/apt`, or the same files below another root.
  public init(root: String = "/") throws(DebianError) {
    self.root = root
    let base = Path.join(root, "etc/apt")
    var settings = AptSettings()
    for file in Self.files(in: "\(base)/apt.conf.d", endings: ["", ".conf"]) + ["\(base)/apt.conf"] {
      settings.add(try Self.contents(file) ?? [])
    }
    var sources = AptSource.list(try Self.contents("\(base)/sources.list") ?? [])
    for file in Self.files(in: "\(base)/sources.list.d", endings: [".list", ".sources"]) {
      let bytes = try Self.contents(file) ?? []
      sources += file.hasSuffix(".list") ? AptSource.list(bytes) : AptSource.deb822(bytes)
    }
    var logins = ""
    for file in ["\(base)/auth.conf"] + Self.files(in: "\(base)/auth.conf.d", endings: [".conf"]) {
      logins += String(decoding: (try? Self.contents(file)) ?? [], as: UTF8.self) + "\n"
    }
    self.sources = sources
    self.settings = settings
    self.logins = logins
  }

  /// The sources that serve a suite: those that name it, else those of the same kind, whose mirror usually has it too.
  ///
  /// So a machine that runs one release can pin another; the suite's signature is checked all the same.
  func sources(forSuite suite: String) -> [AptSource] {
    let exact = sources.filter { $0.suites.contains(suite) }
    if !exact.isEmpty { return exact }
    func isSecurity(_ suite: String) -> Bool { suite.hasSuffix("-security") || suite.hasSuffix("/updates") }
    let debianKeys = sources.filter { source in
      source.suites.contains { $0.hasSuffix("-security") || $0.hasSuffix("-updates") }
    }
    let kin = debianKeys.filter { $0.suites.contains { isSecurity($0) == isSecurity(suite) } }
    var seen: Set<[HTTPURL]> = []
    return kin.filter { seen.insert($0.roots).inserted }
  }

  /// Where a source's archive is kept as it was at a time.
  ///
  /// A source whose address has a time in it, as snapshot services have, is asked for the other time; for others
  /// `Acquire::Snapshots::URI::Host::NAME` of apt.conf says where, with `@SNAPSHOTID@` in the time's place, or `@PATH@/` too.
  func snapshots(of source: AptSource, at time: Int) -> [HTTPURL] {
    let stamp = DebianSnapshot.stamp(time)
    return source.roots.compactMap { root in
      let parts = root.path.split(separator: "/").map(String.init)
      if let place = parts.firstIndex(where: { $0.utf8.count == 16 && DebianSnapshot.time($0) != nil }) {
        var changed = parts
        changed[place] = stamp
        return try? HTTPURL(parsing: "\(root.origin)/\(changed.joined(separator: "/"))")
      }
      guard let pattern = settings["Acquire::Snapshots::URI::Host::\(root.host)"] else { return nil }
      let values = ["@SNAPSHOTID@": stamp, "@PATH@": parts.joined(separator: "/")]
      let text = values.reduce(pattern) { text, pair in
        text.split(separator: pair.key, omittingEmptySubsequences: false).joined(separator: pair.value)
      }
      return try? HTTPURL(parsing: text)
    }
  }

  /// Whether a Release file that is past its `Valid-Until` is refused (`Acquire::Check-Valid-Until`).
  func checksValidity(_ source: AptSource) -> Bool {
    source.checksValidity ?? !settings.isOff("Acquire::Check-Valid-Until")
  }

  /// Whether a Release file from the future is refused (`Acquire::Check-Date`).
  var checksDate: Bool { !settings.isOff("Acquire::Check-Date") }

  /// A client's configuration with apt's proxies, certificates and logins in place of the general ones.
  public func httpConfiguration(over base: HTTPConfiguration) -> HTTPConfiguration {
    var configuration = base
    func proxy(_ scheme: String, _ general: String?) -> String? {
      guard let value = settings["Acquire::\(scheme)::Proxy"], !value.isEmpty else { return general }
      return value.uppercased() == "DIRECT" ? nil : value
    }
    configuration.proxies.http = proxy("http", base.proxies.http)
    configuration.proxies.https = proxy("https", settings["Acquire::http::Proxy"] ?? base.proxies.https)
    let direct = settings.values.compactMap { name, value -> String? in
      guard value.uppercased() == "DIRECT", name.hasPrefix("acquire::http") else { return nil }
      let parts = name.split(separator: ":")
      return parts.count == 4 && parts[2] == "proxy" ? String(parts[3]) : nil
    }
    if !direct.isEmpty {
      configuration.proxies.exceptions =
        ([base.proxies.exceptions].compactMap(\.self) + direct.sorted()).joined(separator: ",")
    }
    if let authorities = settings["Acquire::https::CAInfo"] { configuration.certificateFile = authorities }
    if logins.contains("machine") { configuration.netrc = Netrc(parsing: logins) }
    return configuration
  }

  /// The public keys that may sign for a source, as one binary keyring, and the fingerprints it is narrowed to.
  func keyring(for source: AptSource) throws(DebianError) -> (keys: [UInt8], fingerprints: Set<String>) {
    var keys: [UInt8] = []
    var fingerprints: Set<String> = []
    for name in source.signedBy {
      if name.contains("BEGIN PGP") {
        keys += OpenPGPArmor.decoded(Array(name.utf8))
      } else if name.hasPrefix("/") {
        guard let bytes = try Self.contents(Path.join(root, String(name.dropFirst()))) else {
          throw .configuration(file: name, reason: "the keyring that Signed-By names does not exist")
        }
        keys += OpenPGPArmor.decoded(bytes)
      } else {
        fingerprints.insert(name.uppercased().filter { $0 != "!" })
      }
    }
    if !keys.isEmpty { return (keys, fingerprints) }
    let base = Path.join(root, "etc/apt")
    for file in ["\(base)/trusted.gpg"] + Self.files(in: "\(base)/trusted.gpg.d", endings: [".gpg", ".asc"]) {
      keys += OpenPGPArmor.decoded(try Self.contents(file) ?? [])
    }
    return (keys, fingerprints)
  }

  /// The names that apt would read in a folder: letters, digits, `-_.`, with one of some endings (`""` is no dot at all).
  private static func files(in folder: String, endings: [String]) -> [String] {
    ((try? Files.list(folder)) ?? []).filter { name in
      name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-_.".utf8.contains(byte)
      } && endings.contains { $0.isEmpty ? !name.contains(".") : name.hasSuffix($0) }
    }.map { "\(folder)/\($0)" }
  }

  private static func contents(_ path: String) throws(DebianError) -> [UInt8]? {
    do { return try Files.read(path, limit: 1 << 24) } catch {
      if error.isMissingFile { return nil }
      throw .system(error)
    }
  }
}
