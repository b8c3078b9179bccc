import Glibc
import Host

/// Where the SDKs of this container would find AWS credentials, without asking anybody for them.
///
/// Each SDK asks its sources one after the other and tells of the last one only, after its time-outs; this says in a
/// millisecond which there are, and why one that looks good is none.
struct CredentialSources: Equatable, Sendable {
  /// The first source that there is, in the order the SDKs ask.
  private(set) var found: String?
  /// What is there but can't be used, each as a sentence's part.
  private(set) var faults: [String] = []

  /// Looks through a container.
  ///
  /// AWS SDKs and Tools Reference Guide, "Standardized credential providers".
  init(of container: Container, usesInstanceMetadata: Bool) {
    if container["AWS_ACCESS_KEY_ID"] != nil {
      if container["AWS_SECRET_ACCESS_KEY"] != nil {
        found = "AWS_ACCESS_KEY_ID"
        return
      }
      faults.append("AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY")
    }
    if let token = container["AWS_WEB_IDENTITY_TOKEN_FILE"] {
      if container["AWS_ROLE_ARN"] == nil {
        faults.append("AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN")
      } else if isReadable(token, "AWS_WEB_IDENTITY_TOKEN_FILE", in: container) {
        found = "AWS_WEB_IDENTITY_TOKEN_FILE"
        return
      }
    }
    if let profile = profile(in: container) {
      found = profile
      return
    }
    let agents = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    if let agent = agents.first(where: { container[$0] != nil }) {
      found = agent
    } else if usesInstanceMetadata, container["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true" {
      found = "the machine's metadata service"
    }
  }

  private mutating func isReadable(_ path: String, _ name: String, in container: Container) -> Bool {
    if access(container.path(path), R_OK) == 0 { return true }
    let why = errno == ENOENT ? "is not there" : "can't be read by user \(geteuid())"
    faults.append("\(name) names \(path), which \(why)")
    return false
  }

  /// The keys that make a profile a source.
  private static let keys: Set<String> = [
    "aws_access_key_id", "credential_process", "role_arn", "sso_account_id", "sso_session", "sso_start_url",
    "web_identity_token_file", "login_session",
  ]

  private mutating func profile(in container: Container) -> String? {
    let name = container["AWS_PROFILE"] ?? container["AWS_DEFAULT_PROFILE"] ?? "default"
    let places: [(path: String, isStated: Bool, section: String)] = [
      (
        container["AWS_SHARED_CREDENTIALS_FILE"] ?? "\(container.home)/.aws/credentials",
        container["AWS_SHARED_CREDENTIALS_FILE"] != nil, name
      ),
      (
        container["AWS_CONFIG_FILE"] ?? "\(container.home)/.aws/config", container["AWS_CONFIG_FILE"] != nil,
        name == "default" ? name : "profile \(name)"
      ),
    ]
    for place in places {
      let path = container.path(place.path)
      guard access(path, F_OK) == 0 || place.isStated || errno == EACCES else { continue }
      guard let text = try? Files.text(path, limit: 1 << 20) else {
        let why = access(path, F_OK) == 0 || errno == EACCES ? "can't be read by user \(geteuid())" : "is not there"
        faults.append("\(place.path) \(why)")
        continue
      }
      if let keys = Self.section(place.section, of: text) {
        if !Self.keys.isDisjoint(with: keys) { return "the profile \(name) in \(place.path)" }
      }
    }
    if container["AWS_PROFILE"] != nil { faults.append("no file has credentials of the profile \(name)") }
    return nil
  }

  /// The keys of a section, nil when there is no such section.
  private static func section(_ name: String, of text: String) -> Set<String>? {
    var keys: Set<String>?
    var isInside = false
    for line in text.split(whereSeparator: \.isNewline) {
      if line.first == "[" {
        let title = line.dropFirst().prefix { $0 != "]" }.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        isInside = title == name
        if isInside, keys == nil { keys = [] }
      } else if isInside, let equals = line.firstIndex(of: "="), line.first?.isWhitespace == false {
        keys?.insert(line[..<equals].filter { !$0.isWhitespace }.lowercased())
      }
    }
    return keys
  }

  /// Why there are none, in one sentence.
  var reason: String {
    let looked = "the environment, the profile's files, a container's agent and a web identity"
    return faults.isEmpty
      ? "no AWS credentials were found in \(looked)"
      : "no AWS credentials can be used: \(faults.joined(separator: "; "))"
  }
}
