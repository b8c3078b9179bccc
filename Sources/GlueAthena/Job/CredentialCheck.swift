import Host

/// Whether a job that can't do without AWS credentials has any, before a JVM is started for it.
struct CredentialCheck {
  let options: RunOptions
  let container: Container

  /// Python packages that are of no use without credentials: Athena answers nobody else.
  private static let clients = ["pyathena", "awswrangler"]
  /// Settings by which Spark's own S3 connector has credentials, or says that it needs none.
  private static let connectorKeys = ["access.key", "aws.credentials.provider"]

  /// Looks for credentials where the job needs them.
  func run() throws(Job.Failure) {
    guard let need else { return }
    let sources = CredentialSources(of: container, usesInstanceMetadata: options.usesInstanceMetadata)
    guard sources.found == nil else { return }
    throw .missingCredentials("\(need), and \(sources.reason)")
  }

  /// Why the job needs credentials; nil when nothing says so.
  private var need: String? {
    switch options.credentials {
    case .skip: return nil
    case .require: return "--credentials require was given"
    case .auto: break
    }
    if options.settings.contains(where: { setting in Self.connectorKeys.contains { setting.key.hasSuffix($0) } }) {
      return nil
    }
    let schemes = ["s3://", "s3a://", "s3n://"]
    for word in options.arguments {
      let value = word.hasPrefix("--") ? word.drop { $0 != "=" }.dropFirst() : word[...]
      if schemes.contains(where: value.hasPrefix) { return "the job is given \(value)" }
    }
    if case .script(let path) = options.target, let client = importedClient(in: path) {
      return "\(path) imports \(client)"
    }
    return nil
  }

  /// The client of Athena that a script imports at its top level.
  private func importedClient(in path: String) -> String? {
    guard let text = try? Files.text(path, limit: 1 << 22) else { return nil }
    for line in text.lines where line.hasPrefix("import ") || line.hasPrefix("from ") {
      let module = line.split(whereSeparator: \.isWhitespace).dropFirst().first?.prefix { $0 != "." && $0 != "," }
      if let client = Self.clients.first(where: { $0[...] == module }) { return client }
    }
    return nil
  }
}
