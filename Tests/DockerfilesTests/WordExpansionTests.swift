import Dockerfiles
import Testing

struct `Word expansion` {
  struct Case: Sendable {
    let word: String
    let text: String?
    init(_ word: String, _ text: String?) {
      self.word = word
      self.text = text
    }
  }

  static let variables = [
    "X": "xxyy", "E": "", "P": "/tmp/tmp/bar.txt", "G": "a***yy*", "S": "\\*/", "Q": "/foo*/*/*.txt", "L": "a\nb",
  ]

  static let table: [Case] = [
    Case("${X-d} ${E-d} ${N-d}", "xxyy  d"), Case("${X:-d} ${E:-d} ${N:-d}", "xxyy d d"),
    Case("${X+d} ${E+d} ${N+d}", "d d "), Case("${X:+d} ${E:+d} ${N:+d}", "d  "),
    Case("${X?m}", "xxyy"), Case("${E?m}", ""), Case("${N?m}", nil), Case("${E:?m}", nil), Case("${X=d}", nil),
    Case("${X#*x*y}", "y"), Case("${X##*x}", "yy"), Case("${X#*}", "xxyy"), Case("${X##*}", ""), Case("${X#}", "xxyy"),
    Case("${X%y}", "xxy"), Case("${X%%y*}", "xx"), Case("${X%z}", "xxyy"), Case("${X%%?}", "xxy"),
    Case("${G%%\\**}", "a"), Case("${G%\\*}", "a***yy"), Case("${G%%\\**\\*}", "a"), Case("${N#x}", ""),
    Case("${Q/$S/.} - ${Q//$S/.}", "/foo.*/*.txt - /foo..*.txt"),
    Case("${P//\\//\\/}", "\\/tmp\\/tmp\\/bar.txt"), Case("${X/x/z}", "zxyy"), Case("${X//x/z}", "zzyy"),
    Case("${X/$E/w}", "wxxyy"), Case("${X///}", "xxyy"), Case("${N///}", ""), Case("${X//y}", nil),
    Case("${X/?*/z}", "z"),
    Case("${L#*b}", "a\nb"), Case("${X#\\q}", nil), Case("${X:x}", nil), Case("${X", nil),
    Case("${X:-${N:-${E:-d}}}", "xxyy"),
    Case("a\"b$X\"c", "abxxyyc"), Case("'$X'", "$X"), Case("\\$X", "$X"), Case("<<  a", "<<  a"), Case("$", "$"),
  ]

  @Test(arguments: table)
  func `a word becomes this text`(_ test: Case) {
    #expect((try? WordExpander(Self.variables).expand(test.word).text) == test.text)
  }

  @Test func `what was asked for is told`() throws {
    let expansion = try WordExpander(["A": "1"]).expand("$A ${B:-$C} $A")
    #expect(expansion.used == ["A"])
    #expect(expansion.unset == ["B", "C"])
  }

  @Test func `unset variables, quotes and escapes stay when they are to`() throws {
    let all: WordExpander.Options = [.keepsUnset, .keepsQuotes, .keepsEscapes]
    let expander = WordExpander(["A": "1"], options: all)
    let word = "$A $B ${B:-c} ${B%d} \"q\\\"\" 'r' \\s"
    #expect(try expander.expand(word).text == "1 $B ${B:-c} ${B%d} \"q\\\"\" 'r' \\s")
  }

  @Test func `a here-document's text has no quotes`() throws {
    #expect(try WordExpander(["A": "1"], options: .ignoresQuotes).expand("it's \"$A\"").text == "it's \"1\"")
  }

  @Test func `the other escape character`() throws {
    let expander = WordExpander(["A": "1"], escape: "`")
    #expect(try expander.expand("c:\\x `$A $A").text == "c:\\x $A 1")
  }

  @Test func `substitutions do not nest without end`() {
    let word = String(repeating: "${N:-", count: 100_000)
    #expect(throws: WordError.tooDeep(limit: 200)) { try WordExpander().expand(word) }
  }

  @Test func `a pattern of many stars takes no exponential time`() throws {
    let text = String(repeating: "a", count: 2000)
    let word = "${A##" + String(repeating: "*a", count: 50) + "b}"
    #expect(try WordExpander(["A": text]).expand(word).text == text)
  }
}
