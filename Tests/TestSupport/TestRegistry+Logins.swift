import JSON

/// Who may do what, by a name and password or by tokens.
extension TestRegistry {
  static func refusal(
    of request: HTTPTestServer.Request, _ words: [String], _ options: Options, _ state: inout State
  ) -> HTTPTestServer.Answer? {
    var refusal = failure(401, "UNAUTHORIZED", "who are you")
    let shown = request["Authorization"] ?? ""
    switch options.login {
    case .none: return nil
    case .basic(let user, let password):
      if shown == "Basic " + base64("\(user):\(password)") { return nil }
      refusal.fields["WWW-Authenticate"] = "Basic realm=\"test, registry\""
    case .token, .refresh:
      let actions = ["GET", "HEAD"].contains(request.method) ? "pull" : request.method == "DELETE" ? "delete" : "push"
      let verb = words.lastIndex { ["manifests", "blobs", "tags", "referrers"].contains($0) } ?? 0
      let repository = words[..<verb].joined(separator: "/")
      let needed = repository.isEmpty ? "" : "repository:\(repository):\(actions)"
      let name = String(shown.dropFirst(7))
      if var token = state.tokens[name], token.uses < options.tokenLife,
        repository.isEmpty || allows(token.scope, repository, actions)
      {
        token.uses += 1
        state.tokens[name] = token
        return nil
      }
      let host = request["Host"] ?? ""
      refusal.fields["WWW-Authenticate"] =
        "Bearer realm=\"http://\(host)/token\",service=\"test\"" + (needed.isEmpty ? "" : ",scope=\"\(needed)\"")
    }
    return refusal
  }

  private static func allows(_ scopes: String, _ repository: String, _ action: String) -> Bool {
    scopes.split(separator: " ").contains { scope in
      let parts = scope.split(separator: ":")
      return parts.count == 3 && parts[1] == repository && parts[2].split(separator: ",").contains { $0 == action }
    }
  }

  static func token(
    _ request: HTTPTestServer.Request, _ query: Query, _ options: Options, _ state: inout State
  ) -> HTTPTestServer.Answer {
    var scope = query.all("scope").joined(separator: " ")
    switch options.login {
    case .token(nil, _): break
    case .token(let user?, let password):
      guard request["Authorization"] == "Basic " + base64("\(user):\(password)") else {
        return failure(401, "UNAUTHORIZED")
      }
    case .refresh(let token):
      let form = Query(String(decoding: request.body, as: UTF8.self))
      guard request.method == "POST", form["grant_type"] == "refresh_token", form["refresh_token"] == token else {
        return failure(401, "UNAUTHORIZED")
      }
      scope = form["scope"] ?? ""
    default: return failure(404, "UNSUPPORTED")
    }
    state.lastNumber += 1
    let name = "token-\(state.lastNumber)"
    state.tokens[name] = (scope, 0)
    let json = JSONValue.object(["access_token": .string(name), "expires_in": .integer(300)])
    return Answer(fields: ["Content-Type": "application/json"], body: Array(json.text().utf8))
  }

  private static func base64(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var result = ""
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = Array(bytes[start..<min(start + 3, bytes.count)])
      let bits = (0..<3).reduce(0) { $0 << 8 | Int($1 < group.count ? group[$1] : 0) }
      for place in 0..<4 { result.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : "=") }
    }
    return result
  }
}
