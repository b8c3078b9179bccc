import TOML
import Testing

@Suite struct TOMLTests {
  /// A value in a form that tells all kinds apart.
  static func form(_ node: TOMLNode) -> String {
    switch node.content {
    case .string(let text): "\(text.debugDescription)"
    case .integer(let number): "\(number)"
    case .float(let number): "\(number)"
    case .boolean(let value): "\(value)"
    case .dateTime(let text): "@\(text)"
    case .array(let elements): "[" + elements.map(form).joined(separator: ", ") + "]"
    case .table(let entries): "{" + entries.map { "\($0.key): \(form($0.value))" }.joined(separator: ", ") + "}"
    }
  }

  static let readable: [(text: String, form: String)] = [
    ("", "{}"),
    ("# only a comment\r\n\n", "{}"),
    ("a.\"b c\" = [ 'x', # one\n \"y\\t\\\"\", ]\nn = -7", #"{a: {b c: ["x", "y\t\""]}, n: -7}"#),
    (
      "[k]\nx = false\n[[k.l]]\nm = 1\n[[k.l]]\nm = 2\n[k.l.n]\no = 3",
      "{k: {x: false, l: [{m: 1}, {m: 2, n: {o: 3}}]}}"
    ),
    ("[a.b]\nc = 1\n[a]\nd = 2", "{a: {b: {c: 1}, d: 2}}"),
    (
      "[fruit]\napple.color = 1\n[fruit.apple.taste]\nsweet = true",
      "{fruit: {apple: {color: 1, taste: {sweet: true}}}}"
    ),
    ("a = {b.c = 1, d = {}}\n\"\" = 2\n3.14 = 4", "{a: {b: {c: 1}, d: {}}, : 2, 3: {14: 4}}"),
    (
      "a = +99\nb = 1_000\nc = 0xDEAD_beef\nd = 0o755\ne = 0b11\nf = -0",
      "{a: 99, b: 1000, c: 3735928559, d: 493, e: 3, f: 0}"
    ),
    (
      "a = +1.0\nb = 5e+22\nc = -2E-2\nd = 6.626e-34\ne = -inf\nf = 9_224.5_0",
      "{a: 1.0, b: 5e+22, c: -0.02, d: 6.626e-34, e: -inf, f: 9224.5}"
    ),
    (
      "a = 1979-05-27T07:32:00.5-07:00\nb = 1979-05-27 07:32:00Z\nc = 2024-02-29\nd = 07:32:00.999",
      "{a: @1979-05-27T07:32:00.5-07:00, b: @1979-05-27 07:32:00Z, c: @2024-02-29, d: @07:32:00.999}"
    ),
    ("a = \"\"\"\nRoses\nare \\\n   \n  red\"\"\"\nb = '''\nC:\\x'''", #"{a: "Roses\nare red", b: "C:\\x"}"#),
    ("a = \"\"\"say \"\"hi\"\"\"\"\"\nb = ''''x'''''", #"{a: "say \"\"hi\"\"", b: "\'x\'\'"}"#),
    (#"a = "\u00e9\U0001F600\b\f\r\n""#, "{a: \"é😀\\u{08}\\u{0C}\\r\\n\"}"),
    ("a = [[1, 2], ['x'], {b = 1},\n]", #"{a: [[1, 2], ["x"], {b: 1}]}"#),
  ]

  @Test(arguments: readable) func `what the specification allows is read`(_ text: String, _ form: String) throws {
    #expect(Self.form(try TOMLNode(parsing: text)) == form)
  }

  static let faulty: [(text: String, place: String)] = [
    ("[[registry]\n", "1:12"), ("a = \n", "1:5"), ("a = 1\na = 2\n", "2:1"), ("a = \"x\n", "1:7"), ("\n\n[a\n", "3:3"),
    ("a = [1, 2\n", "2:1"), ("a = 1 b\n", "1:7"), ("a = {b = 1\n", "1:11"), ("a.b = 1\na = 2\n", "2:1"),
    ("a = \"\\q\"\n", "1:7"), ("a = 01", "1:5"), ("a = 1__0", "1:5"), ("a = 1.", "1:5"), ("a = .5", "1:5"),
    ("a = 1.e2", "1:5"), ("a = 0x", "1:5"), ("a = -0x1", "1:5"), ("a = 9223372036854775808", "1:5"),
    ("a = 2023-02-29", "1:5"), ("a = 24:00:00", "1:5"), ("a = bare", "1:5"), ("[a]\n[a]", "2:1"),
    ("[a]\nb.c = 1\n[a.b]", "3:1"), ("a = {}\n[a.b]", "2:1"), ("a = {}\na.b = 1", "2:1"), ("a = [1]\n[[a]]", "2:1"),
    ("[[a]]\n[a]", "2:1"), ("[a]\n[[a]]", "2:1"), ("[a.b]\n[a]\nb.c = 1", "3:1"), ("a = {b = 1,}", "1:12"),
    ("a = {b = 1\n}", "1:11"), ("= 1", "1:1"), ("a = \"\\u12\"", "1:8"), ("a = \"\\uD800\"", "1:8"),
    ("a = 1 # \u{1}", "1:9"), ("a = '\u{7F}'", "1:6"), ("a = 1\r", "1:6"), ("\"\"\"a\"\"\" = 1", "1:1"),
  ]

  @Test(arguments: faulty) func `what it bans is refused with its place`(_ text: String, _ place: String) {
    #expect { try TOMLNode(parsing: text) } throws: { "\(($0 as? TOMLError)?.position as Any)".contains(place) }
  }

  @Test func `values know where they stand`() throws {
    let node = try TOMLNode(parsing: "[project]\nname = 'x'\n dependencies = [\n  'a',\n]\n")
    #expect(node["project"]?["dependencies"]?.array?[0].position.description == "4:3")
    #expect(node["project"]?["name"]?.string == "x")
  }

  @Test func `deep nesting is refused and not followed`() {
    #expect(throws: TOMLError.self) { try TOMLNode(parsing: "a = " + String(repeating: "[", count: 100_000)) }
    #expect(throws: TOMLError.self) { try TOMLNode(parsing: String(repeating: "a.", count: 100_000) + "a = 1") }
  }

  @Test func `reading is total for random texts`() {
    var generator = SystemRandomNumberGenerator()
    let alphabet = Array("[]{}=.,\"'#\n a1\\-:T_e+")
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...40, using: &generator)
      _ = try? TOMLNode(parsing: String((0..<count).map { _ in alphabet.randomElement(using: &generator)! }))
    }
  }
}
