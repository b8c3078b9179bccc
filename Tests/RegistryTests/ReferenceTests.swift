import OCI
import Testing

@Suite struct ReferenceTests {
  struct Row: CustomTestStringConvertible {
    let text: String
    let full: String
    let familiar: String
    var testDescription: String { text }
  }

  private static let hex = String(repeating: "ab", count: 32)

  static let good: [Row] = [
    Row(text: "debian", full: "docker.io/library/debian", familiar: "debian"),
    Row(text: "library/debian:12", full: "docker.io/library/debian:12", familiar: "debian:12"),
    Row(text: "docker.io/debian", full: "docker.io/library/debian", familiar: "debian"),
    Row(text: "index.docker.io/a/b", full: "docker.io/a/b", familiar: "a/b"),
    Row(
      text: "amazon/aws-glue-libs:x_1", full: "docker.io/amazon/aws-glue-libs:x_1", familiar: "amazon/aws-glue-libs:x_1"
    ),
    Row(text: "docker.io/lib.io/a:1", full: "docker.io/lib.io/a:1", familiar: "docker.io/lib.io/a:1"),
    Row(text: "localhost/a", full: "localhost/a", familiar: "localhost/a"),
    Row(text: "localhost:5000/a:1", full: "localhost:5000/a:1", familiar: "localhost:5000/a:1"),
    Row(text: "[::1]:5000/a", full: "[::1]:5000/a", familiar: "[::1]:5000/a"),
    Row(text: "example.com/a--b/c__d.e", full: "example.com/a--b/c__d.e", familiar: "example.com/a--b/c__d.e"),
    Row(text: "Example/a", full: "Example/a", familiar: "Example/a"),
    Row(
      text: "example.com/a:t@sha256:\(hex)", full: "example.com/a:t@sha256:\(hex)",
      familiar: "example.com/a:t@sha256:\(hex)"),
    Row(text: "localhost:5000", full: "docker.io/library/localhost:5000", familiar: "localhost:5000"),
  ]

  @Test(arguments: good) func `a name is normalised as Docker does it`(_ row: Row) throws {
    let reference = try Reference(parsing: row.text)
    #expect(reference.description == row.full)
    #expect(reference.familiar == row.familiar)
    #expect(try Reference(parsing: row.full) == reference)
    #expect(try Reference(parsing: row.familiar) == reference)
  }

  static let bad: [(String, Reference.ParseError)] = [
    ("", .noRepository), (":tag", .noRepository), ("@sha256:\(hex)", .noRepository),
    ("Debian", .capitals("library/Debian")), ("example.com/", .noRepository),
    ("a//b", .repository("a//b")), ("a_-b", .repository("library/a_-b")), ("a___b", .repository("library/a___b")),
    ("a..b", .repository("library/a..b")), ("-a", .repository("library/-a")), ("a/../b", .repository("a/../b")),
    ("a:", .tag("")), ("a:.x", .tag(".x")), ("a:x y", .tag("x y")),
    ("a:" + String(repeating: "t", count: 129), .tag(String(repeating: "t", count: 129))),
    ("example.com:0/a", .domain("example.com:0")), ("example.com:99999/a", .domain("example.com:99999")),
    ("-x.com/a", .domain("-x.com")), ("[::1/a:5", .domain("[::1")), (hex, .identifier),
    ("a@sha256:12", .digest(.wrongLength(expected: 64, found: 2))), ("a@md5:12", .digest(.unknownAlgorithm("md5"))),
    (String(repeating: "a", count: 250), .tooLong), ("a\u{0}b", .repository("library/a\u{0}b")),
  ]

  @Test(arguments: bad) func `a malformed name says what is wrong`(_ text: String, _ reason: Reference.ParseError) {
    #expect(throws: reason) { try Reference(parsing: text) }
  }

  @Test func `the digest decides, then the tag, then latest`() throws {
    let plain = try Reference(parsing: "a")
    let digest = try Digest(algorithm: .sha256, hex: Self.hex)
    #expect(plain.target == "latest")
    #expect(try plain.tagged("3").target == "3")
    #expect(try plain.tagged("3").pinned(to: digest).target == "sha256:\(Self.hex)")
    #expect(try plain.tagged("3").pinned(to: digest).tag == "3")
  }

  /// Any text whatever is either refused, or read to a value that its own text gives again.
  @Test func `reading is total and stable for random texts`() throws {
    var generator = SystemRandomNumberGenerator()
    let alphabet = Array("abZ09./:@-_[] \u{e9}sha256:".unicodeScalars)
    for _ in 0..<20_000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...24, using: &generator) { text.append(alphabet.randomElement(using: &generator)!) }
      guard let reference = try? Reference(parsing: String(text)) else { continue }
      #expect(try Reference(parsing: reference.description) == reference)
    }
  }
}
