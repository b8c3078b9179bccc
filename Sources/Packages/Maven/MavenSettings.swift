public import HTTP
import Host
import Layers
import XML

/// What this machine's Maven is told: which repositories there are, what stands in for them, and who asks.
///
/// Drydock knows no repository of its own: the environment, the settings, or an installed Maven's own default name them.
public struct MavenSettings: Sendable {
  /// One repository.
  public struct Repository: Sendable, Hashable {
    /// Its name in the settings.
    public let name: String
    /// Its root.
    public let url: HTTPURL
    let credentials: Credentials?
  }

  /// The repositories in the order in which they are asked.
  public let repositories: [Repository]

  /// The variable that names repositories by their addresses, separated by blanks; it wins over all settings.
  public static let variable = "DRYDOCK_MAVEN_REPOSITORIES"

  /// Reads the environment, `~/.m2/settings.xml`, the settings of an installed Maven, and its default.
  ///
  /// - Parameter root: The folder that the system's files are below.
  public init(environment: [String: String], root: String = "/") throws(MavenError) {
    if let list = environment[Self.variable] {
      var repositories: [Repository] = []
      for (number, text) in list.split(whereSeparator: \.isWhitespace).enumerated() {
        repositories.append(
          Repository(name: "\(number)", url: try Self.url(String(text), Self.variable), credentials: nil))
      }
      self.repositories = repositories
      return
    }
    let home = environment["HOME"].map { "\($0)/.m2/settings.xml" }
    let maven = environment["MAVEN_HOME"] ?? environment["M2_HOME"] ?? Path.join(root, "usr/share/maven")
    var files: [MavenSettingsFile] = []
    for path in [home, "\(maven)/conf/settings.xml", Path.join(root, "etc/maven/settings.xml")].compactMap(\.self) {
      if let file = try MavenSettingsFile(path: path, environment: environment) { files.append(file) }
    }
    var listed: [(name: String, address: String)] = []
    for repository in files.flatMap(\.repositories) where !listed.contains(where: { $0.name == repository.name }) {
      listed.append(repository)
    }
    if !listed.contains(where: { $0.name == "central" }), let address = Self.standard(maven) {
      listed.append(("central", address))
    }
    let mirrors = files.flatMap(\.mirrors)
    // A mirror of everything stands in for Maven's own default also where no Maven is installed.
    if listed.isEmpty, !mirrors.isEmpty { listed.append(("central", "")) }
    var repositories: [Repository] = []
    for (name, address) in listed {
      let mirror = mirrors.first { $0.standsIn(for: name, at: address) }
      if let mirror, mirror.isBlocked {
        throw .settings(file: "settings.xml", reason: "the mirror '\(mirror.name)' blocks the repository '\(name)'")
      }
      let (id, text) = mirror.map { ($0.name, $0.address) } ?? (name, address)
      if text.isEmpty || repositories.contains(where: { $0.name == id }) { continue }
      let login = files.lazy.compactMap { $0.logins[id] }.first
      repositories.append(Repository(name: id, url: try Self.url(text, "settings.xml"), credentials: login))
    }
    self.repositories = repositories
  }

  private static func url(_ text: String, _ file: String) throws(MavenError) -> HTTPURL {
    do { return try HTTPURL(parsing: text) } catch {
      throw .settings(file: file, reason: "'\(text)' is no address of a repository: \(error)")
    }
  }

  /// The repository that an installed Maven asks when nothing is configured: its super POM says so.
  private static func standard(_ maven: String) -> String? {
    let folder = "\(maven)/lib"
    let names = ((try? Files.list(folder)) ?? []).filter { $0.hasPrefix("maven-model-builder") && $0.hasSuffix(".jar") }
    guard let name = names.sorted().last, let archive = try? ZipArchive(path: "\(folder)/\(name)"),
      let member = archive.directory.members.first(where: { $0.name == "org/apache/maven/model/pom-4.0.0.xml" }),
      let bytes = try? archive.read(member, limit: 1 << 20), let model = try? XMLElement(parsing: bytes)
    else { return nil }
    return model["repositories"]?.all("repository").first { $0["id"]?.text == "central" }?["url"]?.text
  }
}

/// One `settings.xml` (Maven's settings reference).
struct MavenSettingsFile {
  /// A repository that stands in for others.
  struct Mirror {
    let name: String
    let address: String
    let of: [String]
    /// Whether it forbids what it stands in for, as Maven does with plain HTTP.
    let isBlocked: Bool

    /// Whether it is asked in place of a repository: `*`, `external:*`, `external:http:*`, names, and names with `!` that are
    /// left out.
    func standsIn(for repository: String, at address: String) -> Bool {
      if of.contains("!\(repository)") { return false }
      let isExternal = !MavenSettingsFile.isLocal(address)
      return of.contains(repository) || of.contains("*") || isExternal && of.contains("external:*")
        || isExternal && address.hasPrefix("http:") && of.contains("external:http:*")
    }
  }

  let mirrors: [Mirror]
  let repositories: [(name: String, address: String)]
  let logins: [String: Credentials]

  /// Reads a file; nil if there is none.
  init?(path: String, environment: [String: String]) throws(MavenError) {
    let bytes: [UInt8]
    do { bytes = try Files.read(path, limit: 1 << 22) } catch {
      if error.isMissingFile { return nil }
      throw .system(error)
    }
    let root: XMLElement
    do { root = try XMLElement(parsing: bytes) } catch { throw .settings(file: path, reason: "\(error)") }
    func text(_ element: XMLElement, _ name: String) -> String {
      Self.replacing(element[name]?.text ?? "", environment)
    }
    mirrors = (root["mirrors"]?.children ?? []).compactMap { mirror in
      let of = text(mirror, "mirrorOf").split(separator: ",").map { $0.filter { !$0.isWhitespace } }
      return of.isEmpty
        ? nil
        : Mirror(
          name: text(mirror, "id"), address: text(mirror, "url"), of: of, isBlocked: text(mirror, "blocked") == "true")
    }
    let active = Set(root["activeProfiles"]?.children.map(\.text) ?? [])
    let profiles = (root["profiles"]?.children ?? []).filter { profile in
      active.contains(profile["id"]?.text ?? "") || profile["activation"]?["activeByDefault"]?.text == "true"
    }
    repositories = profiles.flatMap { $0["repositories"]?.children ?? [] }.map { (text($0, "id"), text($0, "url")) }
    var logins: [String: Credentials] = [:]
    for server in root["servers"]?.children ?? [] where server["username"] != nil {
      logins[text(server, "id")] = .basic(user: text(server, "username"), password: text(server, "password"))
    }
    self.logins = logins
  }

  static func isLocal(_ address: String) -> Bool {
    address.hasPrefix("file:") || address.contains("//localhost") || address.contains("//127.0.0.1")
  }

  /// Replaces `${env.NAME}`.
  private static func replacing(_ text: String, _ environment: [String: String]) -> String {
    var result = text
    for (name, value) in environment where result.contains("${env.\(name)}") {
      result = result.split(separator: "${env.\(name)}", omittingEmptySubsequences: false).joined(separator: value)
    }
    return result
  }
}
