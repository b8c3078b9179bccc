import HTTP
import Host
import OCI
import TestSupport
import Testing
import Versions

@testable import Packages

@Suite struct DebianFormatTests {
  // MARK: Control files

  @Test func `stanzas keep their order, their continuation lines and know names in any case`() {
    let text = "# note\nPackage: a\nDescription: one\n two\n .\n  three\n\n\n\nPackage:b\r\nEmpty:\n"
    let stanzas = ControlStanza.all(in: Array(text.utf8))
    #expect(stanzas.count == 2)
    #expect(stanzas[0]["description"] == "one\ntwo\n.\n three")
    #expect(stanzas[1]["PACKAGE"] == "b")
    #expect(stanzas[1]["Empty"] == "")
    #expect(stanzas[1]["Missing"] == nil)
  }

  @Test func `an index finds names, providers and essential packages`() {
    let text = """
      Package: a
      Provides: v, w (= 2), x:any

      Package: b
      Essential: yes
      Provides: v

      Package: a
      Version: 2
      """
    let index = PackageIndex(Array(text.utf8), suite: "s")
    #expect(index.count == 2)
    #expect(index.stanzas(of: "a").map { $0["Version"] } == [nil, "2"])
    #expect(index.providers(of: "v") == ["a", "b"])
    #expect(index.providers(of: "x") == ["a"])
    #expect(index.essentials == ["b"])
  }

  // MARK: Relations

  static let relations = [
    ("a", "a"), ("a (>= 1.0)", "a (>= 1.0)"), ("a(>=1.0)", "a (>= 1.0)"), ("a:any (<< 2~) | b", "a:any (<< 2~) | b"),
    ("a (< 2), b(> 1)", "a (<= 2); b (>= 1)"), ("\n a,\n b [amd64] <!nocheck>,\n", "a; b"), ("", ""),
    ("libstdc++6 (= 12-1+b1)", "libstdc++6 (= 12-1+b1)"),
  ]

  @Test(arguments: relations)
  func `relations are read as Policy writes them`(text: String, expected: String) throws {
    #expect(try DebianDependency.list(parsing: text).map(\.description).joined(separator: "; ") == expected)
  }

  @Test(arguments: ["a (1)", "a (>= 1", "a b", "|", "a |", "(>= 1)", "a (>= )", "a (=> 1)", "../a"])
  func `what is no relation is refused`(text: String) {
    #expect(throws: DebianError.self) { try DebianDependency.list(parsing: text) }
  }

  // MARK: Entries of an index

  private static let entry = [
    "Package": "a", "Version": "1", "Architecture": "all", "Filename": "pool/a.deb", "Size": "3",
    "SHA256": String(repeating: "a", count: 64),
  ]

  static let hostile = [
    ("Package", "../a"), ("Filename", "../../etc/passwd.deb"), ("Filename", "/etc/a.deb"), ("Filename", "pool/a.txt"),
    ("Size", "-1"), ("Size", ""), ("SHA256", "zz"), ("Version", "1 2"), ("Depends", "a b"),
  ]

  @Test(arguments: hostile)
  func `an entry that could do harm is refused`(field: String, value: String) throws {
    func stanza(_ fields: [String: String]) -> ControlStanza {
      ControlStanza(fields: fields.map { ControlStanza.Field(name: $0, value: $1) })
    }
    #expect(try DebianPackage(stanza(Self.entry), suite: "s").filename == "pool/a.deb")
    var fields = Self.entry
    fields[field] = value
    #expect(throws: DebianError.self) { try DebianPackage(stanza(fields), suite: "s") }
  }

  // MARK: Signatures

  static let verdicts: [(status: String, verdict: GPGVStatus.Verdict)] = [
    ("NEWSIG\nGOODSIG 11 X\nVALIDSIG AA 1 2 3 4 5 6 7 8 BB", .good(["BB"])),
    ("NEWSIG\nGOODSIG 11 X\nVALIDSIG AA 1 2 3 4 5 6 7 8 BB\nNEWSIG\nNO_PUBKEY 22", .good(["BB"])),
    ("NEWSIG\nEXPKEYSIG 11 X\nVALIDSIG AA 1 2 3 4 5 6 7 8 BB", .bad("the key 11 has expired or was revoked")),
    ("NEWSIG\nREVKEYSIG 11 X\nVALIDSIG AA 1 2 3 4 5 6 7 8 BB", .bad("the key 11 has expired or was revoked")),
    (
      "NEWSIG\nGOODSIG 11 X\nVALIDSIG AA 1 2 3 4 5 6 7 8 BB\nNEWSIG\nBADSIG 22 Y",
      .bad("the signature of the key 22 does not match the content")
    ),
    ("NEWSIG\nNO_PUBKEY 22", .bad("no trusted key made its signatures (they are by 22)")),
    ("", .bad("it has no signature")),
    (
      "PLAINTEXT 74 0\nPLAINTEXT 74 0\nNEWSIG\nGOODSIG 11 X\nVALIDSIG AA 1 2 3 4 5 6 7 8 BB",
      .bad("it holds more than one signed text")
    ),
  ]

  @Test(arguments: verdicts)
  func `gpgv's status decides`(status: String, verdict: GPGVStatus.Verdict) {
    let text = status.split(separator: "\n").map { "[GNUPG:] \($0)" }.joined(separator: "\n")
    #expect(GPGVStatus(parsing: text).verdict(fingerprints: []) == verdict)
  }

  @Test func `a fingerprint narrows a keyring`() {
    let status = GPGVStatus(parsing: "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 1 X\n[GNUPG:] VALIDSIG AA 1 2 3 4 5 6 7 8 BB")
    #expect(status.verdict(fingerprints: ["AA"]) == .good(["BB"]))
    #expect(status.verdict(fingerprints: ["CC"]) == .bad("none of its keys is one that Signed-By names"))
  }

  // MARK: apt's configuration

  private static func machine(_ files: [String: String]) throws -> (TemporaryDirectory, AptConfiguration) {
    let root = try TemporaryDirectory()
    for (name, text) in files {
      try Files.createDirectory(Path.parent("\(root.path)/etc/apt/\(name)")!)
      try Files.write(text, to: "\(root.path)/etc/apt/\(name)")
    }
    return (root, try AptConfiguration(root: root.path))
  }

  @Test func `both notations of sources are read, in apt's order`() throws {
    let (root, configuration) = try Self.machine([
      "sources.list":
        "deb [arch=amd64 signed-by=/k.gpg] http://a.example.org/debian trial main contrib # note\n#deb http://x.example.org/ y main\n"
        + "deb-src http://a.example.org/debian trial main\ndeb http://flat.example.org ./\n",
      "sources.list.d/b.sources":
        "Types: deb deb-src\nURIs: https://b.example.org/debian http://c.example.org/debian\nSuites: trial trial-updates\n"
        + "Components: main\nSigned-By: /k.gpg\n\nTypes: deb\nEnabled: no\nURIs: http://d.example.org/debian\n"
        + "Suites: trial\nComponents: main\n",
      "sources.list.d/c.list.disabled": "deb http://e.example.org/debian trial main\n",
    ])
    defer { root.remove() }
    #expect(
      configuration.sources.map { $0.roots.map(\.host) } == [["a.example.org"], ["b.example.org", "c.example.org"]])
    #expect(configuration.sources[0].components == ["main", "contrib"])
    #expect(configuration.sources(forSuite: "trial").count == 2)
    #expect(configuration.sources(forSuite: "trial-updates").map { $0.roots[0].host } == ["b.example.org"])
    // Another release is looked for where this one's updates are.
    #expect(configuration.sources(forSuite: "newer").map { $0.roots[0].host } == ["b.example.org"])
    #expect(configuration.sources(forSuite: "newer-security").isEmpty)
  }

  @Test func `proxies, logins and checks follow apt's own settings`() throws {
    let (root, configuration) = try Self.machine([
      "apt.conf.d/10proxy":
        "// note\nAcquire::http { Proxy \"http://first.example.org:1\"; Proxy::near.example.org \"DIRECT\"; };\n",
      "apt.conf.d/20proxy.conf": "Acquire::http::Proxy \"http://second.example.org:2\"; # last wins\n",
      "apt.conf.d/30ignored.bak": "Acquire::http::Proxy \"http://third.example.org:3\";\n",
      "apt.conf": "/* block */ acquire::check-date \"false\";",
      "auth.conf.d/a.conf": "machine a.example.org login me password secret\n",
    ])
    defer { root.remove() }
    let http = configuration.httpConfiguration(over: HTTPConfiguration())
    #expect(http.proxies.http == "http://second.example.org:2")
    #expect(http.proxies.exceptions == "near.example.org")
    #expect(http.netrc.credentials(forHost: "a.example.org") == .basic(user: "me", password: "secret"))
    #expect(!configuration.checksDate)
  }

  @Test func `a machine without apt has no sources`() throws {
    let (root, configuration) = try Self.machine([:])
    defer { root.remove() }
    #expect(configuration.sources.isEmpty)
  }
}
