import HTTP
import Trust

/// A request in the one form that both sides of a signature compute.
///
/// AWS Signature Version 4, "Create a canonical request".
public struct CanonicalRequest: Hashable, Sendable {
  /// How the path of a request becomes the path of its canonical form.
  public enum PathRule: Sendable {
    /// Dot segments and empty ones go away and the path as it is sent is encoded once more: all services but S3.
    case normalized
    /// The path stays as it is sent: S3, whose keys may hold anything.
    case verbatim
  }

  /// The canonical text, six parts separated by line feeds.
  public let text: String
  /// The names of the signed fields in lower case, sorted, separated by `;`.
  public let signedFields: String

  /// Brings a request into its canonical form; all the fields given are signed.
  ///
  /// - Parameters:
  ///   - path: The path as it is sent.
  ///   - query: What follows `?` as it is sent, without it.
  ///   - fields: The fields, `Host` among them; a value may hold line breaks.
  ///   - payloadHash: The SHA-256 of the body in hexadecimal.
  public init(
    method: String, path: String, query: String?, fields: [(name: String, value: String)], payloadHash: String,
    pathRule: PathRule = .normalized
  ) {
    var values: [String: [String]] = [:]
    for field in fields { values[field.name.lowercased(), default: []].append(Self.trimmed(field.value)) }
    let names = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    signedFields = names.joined(separator: ";")
    let lines = names.map { "\($0):\(values[$0, default: []].joined(separator: ","))\n" }
    text = [
      method, Self.canonicalPath(path, pathRule), Self.canonicalQuery(query ?? ""), lines.joined(), signedFields,
      payloadHash,
    ].joined(separator: "\n")
  }

  /// The value without space at its ends, and with one space for each run of them.
  private static func trimmed(_ value: String) -> String {
    value.split { $0 == " " || $0 == "\t" || $0.isNewline }.joined(separator: " ")
  }

  private static func canonicalPath(_ path: String, _ rule: PathRule) -> String {
    if rule == .verbatim { return path.isEmpty ? "/" : path }
    var segments: [Substring] = []
    for segment in path.split(separator: "/") where segment != "." {
      if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
    }
    let isFolder = ["/", "/.", "/.."].contains { path.hasSuffix($0) }
    return "/" + segments.map { PercentEncoding.encodedComponent($0) }.joined(separator: "/")
      + (isFolder && !segments.isEmpty ? "/" : "")
  }

  /// The parameters sorted by name, then value, each encoded in the one way.
  private static func canonicalQuery(_ query: String) -> String {
    let pairs = query.split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (name: encoded(parts[0]), value: parts.count > 1 ? encoded(parts[1]) : "")
    }
    let sorted = pairs.sorted { left, right in
      left.name == right.name
        ? left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
        : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
    return sorted.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }

  private static func encoded(_ text: Substring) -> String {
    PercentEncoding.encodedComponent(PercentEncoding.decoded(text))
  }
}
