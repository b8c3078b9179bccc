import Host

/// The keys that a program of the user's choice prints.
///
/// AWS SDKs and Tools Reference Guide, "Process credential provider".
struct ProcessCredentials: CredentialSource {
  let command: String
  let profile: String

  var name: String { "credential_process of profile \(profile)" }

  func credentials() async throws(AWSError) -> AWSCredentials? {
    guard let words = Self.words(of: command), let program = words.first else {
      throw .credentials(source: name, reason: "its command has a quote without end, or no word")
    }
    let result: Subprocess.Result
    do {
      result = try await Subprocess(program, Array(words.dropFirst())).run(limit: 1 << 20)
    } catch {
      throw .credentials(source: name, reason: "\(error)")
    }
    // What the program writes on standard error may hold anything, secrets too: it is not repeated.
    guard result.status == 0 else {
      throw .credentials(source: name, reason: "\(program) ended with \(result.status)")
    }
    return try CredentialDocument.read(result.output, from: name)
  }

  /// The words of a command as a shell splits them: quotes and backslashes, but no variables and no other shell.
  static func words(of command: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var rest = command[...]
    while let character = rest.popFirst() {
      switch (character, quote) {
      case ("\\", nil), ("\\", "\""):
        guard let next = rest.popFirst() else { return nil }
        let isEscape = quote == nil || next == "\"" || next == "\\"
        word = (word ?? "") + (isEscape ? "" : "\\") + String(next)
      case ("'", nil), ("\"", nil):
        quote = character
        word = word ?? ""
      case (let character, let open?) where character == open: quote = nil
      case (" ", nil), ("\t", nil), ("\n", nil):
        if let done = word { words.append(done) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    if quote != nil { return nil }
    if let word { words.append(word) }
    return words
  }
}
