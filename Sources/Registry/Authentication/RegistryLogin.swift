import HTTP

/// What somebody has to show to a registry; no description holds the secret.
public enum RegistryLogin: Hashable, Sendable {
  /// A name and a password or an access token.
  case password(user: String, password: String)
  /// A token that other tokens are had for, by OAuth2.
  case identityToken(String)
  /// A token that is shown as it is.
  case registryToken(String)

  /// Who it is for people, if there is a name.
  var user: String? {
    if case .password(let user, _) = self { return user }
    return nil
  }

  /// What goes into a request that a plain `Basic` challenge asks for.
  var basic: Credentials? {
    if case .password(let user, let password) = self { return .basic(user: user, password: password) }
    return nil
  }
}

extension RegistryLogin: CustomStringConvertible, CustomDebugStringConvertible {
  /// The kind and the user.
  public var description: String {
    switch self {
    case .password(let user, _): "password of \(user)"
    case .identityToken: "identity token"
    case .registryToken: "registry token"
    }
  }

  /// The same as the description.
  public var debugDescription: String { description }
}
