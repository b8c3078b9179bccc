import HTTP
import Host
import JSON

/// A file of logins as Docker and the containers tools write it, with what nobody here knows kept.
///
/// Specification: containers-auth.json(5), and Docker's `config.json`, of which that is a part.
package struct LoginFile: Sendable {
  /// Where an entry says that the login is.
  package enum Place: Hashable, Sendable {
    case inline(RegistryLogin)
    /// In a program `docker-credential-NAME`.
    case helper(String)
  }

  let path: String
  private var json: JSONValue

  /// Reads a file; a missing one is empty.
  init(path: String) throws(RegistryError) {
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try Files.read(path, limit: 4 << 20) } catch {
      guard error.isMissingFile else { throw .system(error) }
      bytes = Array("{}".utf8)
    }
    try self.init(parsing: bytes, path: path)
  }

  /// Reads what a file holds.
  package init(parsing bytes: [UInt8], path: String) throws(RegistryError) {
    self.path = path
    do throws(JSONParseError) { json = try JSONValue(parsing: bytes) } catch {
      throw .configuration(path: path, reason: "\(error)")
    }
  }

  /// The name under which Docker keeps the login of Docker Hub.
  static let hub = "https://index.docker.io/v1/"

  /// The name that credential programs know a registry by.
  static func serverName(of domain: String) -> String { domain == "docker.io" ? hub : domain }

  /// Finds the login of a repository: of its longest prefix first, of the domain last, then the program for all.
  package func place(domain: String, repository: String) throws(RegistryError) -> Place? {
    let parts = repository.split(separator: "/")
    let names = (0...parts.count).reversed().map { ([Substring(domain)] + parts.prefix($0)).joined(separator: "/") }
    for name in names {
      if let program = json["credHelpers"]?[name]?.string, !program.isEmpty { return .helper(program) }
      if let login = try inlineLogin(name) { return .inline(login) }
    }
    if let program = json["credsStore"]?.string, !program.isEmpty { return .helper(program) }
    return nil
  }

  private func inlineLogin(_ name: String) throws(RegistryError) -> RegistryLogin? {
    for member in json["auths"]?.members ?? [] where Self.normalized(member.name) == name {
      let entry = member.value
      if let token = entry["identitytoken"]?.string, !token.isEmpty { return .identityToken(token) }
      if let token = entry["registrytoken"]?.string, !token.isEmpty { return .registryToken(token) }
      if let text = entry["auth"]?.string, !text.isEmpty {
        guard let bytes = Base64.decoded(text), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
          throw .configuration(path: path, reason: "the entry for \(name) is no Base64 of USER:PASSWORD")
        }
        let password = bytes[(colon + 1)...].filter { $0 != 0 }
        return .password(
          user: String(decoding: bytes[..<colon], as: UTF8.self), password: String(decoding: password, as: UTF8.self))
      }
      if let user = entry["username"]?.string, let password = entry["password"]?.string, !user.isEmpty {
        return .password(user: user, password: password)
      }
    }
    return nil
  }

  /// The name without scheme; Docker Hub's old names become its domain, and those with a version path their host.
  static func normalized(_ key: String) -> String {
    var name = key[...]
    for scheme in ["https://", "http://"] where name.hasPrefix(scheme) { name = name.dropFirst(scheme.count) }
    while name.hasSuffix("/") { name = name.dropLast() }
    for version in ["/v1", "/v2"] where name.hasSuffix(version) { name = name.dropLast(version.count) }
    return ["index.docker.io", "registry-1.docker.io"].contains(name) ? "docker.io" : String(name)
  }

  /// Which program keeps new logins of a registry, if one does.
  func helper(for domain: String) -> String? {
    for name in [json["credHelpers"]?[domain]?.string, json["credsStore"]?.string] {
      if let name, !name.isEmpty { return name }
    }
    return nil
  }

  /// The same file with a login, or without one.
  package func setting(_ login: RegistryLogin?, for domain: String) -> LoginFile {
    var entries = (json["auths"]?.members ?? []).filter { Self.normalized($0.name) != domain }
    switch login {
    case .password(let user, let password)?:
      let text = JSONValue.string(Base64.encoded("\(user):\(password)".utf8))
      entries.append(JSONMember(Self.serverName(of: domain), .object(["auth": text])))
    case .identityToken(let token)?:
      entries.append(JSONMember(Self.serverName(of: domain), .object(["identitytoken": .string(token)])))
    case .registryToken(let token)?:
      entries.append(JSONMember(Self.serverName(of: domain), .object(["registrytoken": .string(token)])))
    case nil: break
    }
    var copy = self
    let others = (json.members ?? []).filter { $0.name != "auths" }
    copy.json = .object([JSONMember("auths", .object(entries))] + others)
    return copy
  }

  /// Whether a login of the registry is in the file itself.
  package func holdsLogin(of domain: String) -> Bool {
    (json["auths"]?.members ?? []).contains { Self.normalized($0.name) == domain }
  }

  /// Stores the file so that only its owner can read it.
  func write() throws(RegistryError) {
    try hosted { () throws(SystemError) in
      if let folder = Path.parent(path) { try Files.createDirectory(folder, mode: 0o700) }
      try Files.write(json.text(.pretty) + "\n", to: path, mode: 0o600)
    }
  }
}
