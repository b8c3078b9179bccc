public import HTTP
import Host

/// A place that apt takes packages from, in either notation of sources.list(5).
public struct AptSource: Sendable, Hashable {
  /// The archive's roots, tried in this order.
  public let roots: [HTTPURL]
  /// The suites, for example `bookworm` and `bookworm-updates`.
  public let suites: [String]
  /// The components, for example `main`.
  public let components: [String]
  /// Whose signature counts: paths of keyrings, fingerprints, or one armoured key; empty for apt's trusted keys.
  let signedBy: [String]
  /// Whether a Release file's `Valid-Until` counts; nil leaves it to apt's configuration.
  let checksValidity: Bool?

  /// Reads a `.list` file: one source a line, `deb [options] URI suite components…`.
  ///
  /// Sources that are no archives over HTTP, source packages and flat repositories are left out.
  static func list(_ bytes: [UInt8]) -> [AptSource] {
    String(decoding: bytes, as: UTF8.self).lines.compactMap { line in
      var words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.map(String.init)[...]
      guard words.popFirst() == "deb" else { return nil }
      var options: [String: String] = [:]
      if let first = words.first, first.hasPrefix("[") {
        while let word = words.popFirst() {
          let option = word.filter { $0 != "[" && $0 != "]" }
          if let equals = option.firstIndex(of: "=") {
            options[String(option[..<equals]).lowercased()] = String(option[option.index(after: equals)...])
          }
          if word.hasSuffix("]") { break }
        }
      }
      guard let address = words.popFirst(), let suite = words.popFirst() else { return nil }
      return AptSource(
        addresses: [address], suites: [suite], components: Array(words), signedBy: options["signed-by"],
        validity: options["check-valid-until"])
    }
  }

  /// Reads a `.sources` file: one source a stanza.
  static func deb822(_ bytes: [UInt8]) -> [AptSource] {
    ControlStanza.all(in: bytes).compactMap { stanza in
      guard stanza.words("Types").contains("deb"), stanza["Enabled"]?.lowercased() != "no" else { return nil }
      return AptSource(
        addresses: stanza.words("URIs"), suites: stanza.words("Suites"), components: stanza.words("Components"),
        signedBy: stanza["Signed-By"], validity: stanza["Check-Valid-Until"])
    }
  }

  private init?(
    addresses: [String], suites: [String], components: [String], signedBy: String?, validity: String?
  ) {
    roots = addresses.compactMap { try? HTTPURL(parsing: $0) }
    self.suites = suites.filter { !$0.hasSuffix("/") }
    self.components = components
    let keys = signedBy ?? ""
    self.signedBy =
      keys.contains("BEGIN PGP")
      ? [keys] : keys.split { $0 == " " || $0 == "," || $0 == "\n" || $0 == "\t" }.map(String.init)
    checksValidity = validity.map { !["no", "false", "0"].contains($0.lowercased()) }
    if roots.isEmpty || self.suites.isEmpty { return nil }
  }
}
