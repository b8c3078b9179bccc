public import HTTP
import Host

/// What this machine's yum or dnf is told: which repositories there are, who signs them, and through which proxy.
///
/// Drydock knows no repository of its own. Where the machine has no yum, the files of an unpacked image of the distribution can
/// be named instead: they come with its repositories and keys.
public struct RPMConfiguration: Sendable {
  /// One repository, its variables not yet replaced.
  public struct Repository: Sendable, Hashable {
    /// Its name, for example `amazonlinux`.
    public let name: String
    /// Whether it counts unless somebody says otherwise.
    public let isEnabled: Bool
    /// Roots.
    let baseURLs: [String]
    /// Addresses of lists of roots.
    let mirrorList: String?
    let metalink: String?
    let keys: [String]
    let checksIndex: Bool
    let checksPackages: Bool
    let priority: Int
    let exclude: [String]
    let credentials: Credentials?
  }

  /// The repositories in the order of the files.
  public let repositories: [Repository]
  private let main: [String: String]
  private let variables: [String: String]
  private let root: String

  /// Reads `/etc/yum.conf`, `/etc/dnf`, `/etc/yum.repos.d` and the variables, or the same files below another root.
  public init(root: String = "/") throws(RPMError) {
    self.root = root
    let base = Path.join(root, "etc")
    var main: [String: String] = [:]
    for file in ["yum.conf", "dnf/dnf.conf"] {
      guard let text = try Self.contents("\(base)/\(file)") else { continue }
      for section in RepositoryFile(text).sections where section.name == "main" {
        main.merge(section.values) { $1 }
      }
    }
    var variables: [String: String] = [:]
    for folder in ["yum/vars", "dnf/vars"] {
      for name in ((try? Files.list("\(base)/\(folder)")) ?? []).sorted() {
        guard let text = try Self.contents("\(base)/\(folder)/\(name)") else { continue }
        variables[name.lowercased()] = String(text.prefix { $0 != "\n" })
      }
    }
    var repositories: [Repository] = []
    for name in ((try? Files.list("\(base)/yum.repos.d")) ?? []).sorted() where name.hasSuffix(".repo") {
      guard let text = try Self.contents("\(base)/yum.repos.d/\(name)") else { continue }
      for section in RepositoryFile(text).sections where section.name != "main" {
        repositories.append(Repository(name: section.name, values: section.values, main: main))
      }
    }
    self.main = main
    self.variables = variables
    self.repositories = repositories
  }

  /// Repositories at some addresses and nothing else; what they serve is believed without a signature, as with `--repofrompath`.
  public init(addresses: [String]) {
    root = "/"
    main = [:]
    variables = [:]
    repositories = addresses.enumerated().map { number, address in
      Repository(name: "address-\(number + 1)", values: ["baseurl": address], main: [:])
    }
  }

  /// The repositories that count.
  ///
  /// - Parameters:
  ///   - names: Their names; empty for all that are enabled.
  ///   - extras: Topics of Amazon Linux 2, whose repositories are called `amzn2extra-TOPIC`.
  func chosen(_ names: [String], extras: [String]) throws(RPMError) -> [Repository] {
    let wanted = names + extras.map { "amzn2extra-\($0)" }
    let missing = wanted.filter { name in !repositories.contains { $0.name == name } }
    guard missing.isEmpty else { throw .noRepository(missing) }
    let chosen = repositories.filter { repository in
      wanted.contains(repository.name) || names.isEmpty && repository.isEnabled
    }
    guard !chosen.isEmpty else { throw .noRepository([]) }
    return chosen
  }

  /// Replaces `$name` and `${name}`; what is not known stays as it is.
  func replacing(in text: String, release: String, architecture: String) -> String {
    var values = variables
    values["releasever"] = release
    values["releasever_major"] = String(release.prefix { $0 != "." })
    values["basearch"] = architecture
    values["arch"] = architecture
    // Amazon Linux 2 writes these, and its yum plug-ins give them a value.
    let amazon = [
      "awsproto": "https", "amazonlinux": "amazonlinux", "awsregion": "default", "awsdomain": "amazonaws.com",
      "product": "core", "target": "latest",
    ]
    values.merge(amazon) { own, _ in own }
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      let isBraced = rest.first == "{"
      let start = isBraced ? rest.dropFirst() : rest
      let name = start.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      let after = start[name.endIndex...]
      if let value = values[name.lowercased()], !isBraced || after.first == "}" {
        result += value
        rest = isBraced ? after.dropFirst() : after
      } else {
        result += "$"
      }
    }
    return result + rest
  }

  /// A client's configuration with yum's proxy and certificates in place of the general ones.
  public func httpConfiguration(over base: HTTPConfiguration) -> HTTPConfiguration {
    var configuration = base
    if let proxy = main["proxy"], !proxy.isEmpty {
      let isDirect = proxy == "_none_"
      configuration.proxies.http = isDirect ? nil : proxy
      configuration.proxies.https = isDirect ? nil : proxy
    }
    if let authorities = main["sslcacert"] { configuration.certificateFile = authorities }
    return configuration
  }

  /// The public keys of a repository as one binary keyring.
  ///
  /// Keys are files of the configuration's root: a key that is fetched together with what it signs proves nothing.
  func keyring(for repository: Repository, release: String, architecture: String) throws(RPMError) -> [UInt8] {
    var keys: [UInt8] = []
    for key in repository.keys {
      let address = replacing(in: key, release: release, architecture: architecture)
      guard address.hasPrefix("file://") || address.hasPrefix("/") else {
        throw .configuration(
          file: address,
          reason: "a key of '\(repository.name)' has to be a file, as one from the network proves nothing")
      }
      let path = address.hasPrefix("file://") ? String(address.dropFirst(7)) : address
      guard let bytes = try? Files.read(Path.join(root, String(path.drop { $0 == "/" })), limit: 1 << 20) else {
        throw .configuration(file: path, reason: "the key that gpgkey of '\(repository.name)' names can't be read")
      }
      keys += OpenPGPArmor.decoded(bytes)
    }
    return keys
  }

  private static func contents(_ path: String) throws(RPMError) -> String? {
    do { return String(decoding: try Files.read(path, limit: 1 << 22), as: UTF8.self) } catch {
      if error.isMissingFile { return nil }
      throw .system(error)
    }
  }
}

extension RPMConfiguration.Repository {
  fileprivate init(name: String, values: [String: String], main: [String: String]) {
    func isOn(_ key: String, standard: Bool) -> Bool {
      RepositoryFile.isOn(values[key]) ?? RepositoryFile.isOn(main[key]) ?? standard
    }
    self.name = name
    isEnabled = RepositoryFile.isOn(values["enabled"]) ?? true
    baseURLs = RepositoryFile.list(values["baseurl"])
    mirrorList = values["mirrorlist"]
    metalink = values["metalink"]
    keys = RepositoryFile.list(values["gpgkey"])
    checksIndex = isOn("repo_gpgcheck", standard: false)
    checksPackages = isOn("gpgcheck", standard: false)
    priority = values["priority"].flatMap { Int($0) } ?? 99
    exclude = RepositoryFile.list(values["exclude"]) + RepositoryFile.list(values["excludepkgs"])
    credentials =
      if let user = values["username"] { .basic(user: user, password: values["password"] ?? "") } else { nil }
  }
}
