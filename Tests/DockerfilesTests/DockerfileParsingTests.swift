import Dockerfiles
import Testing

struct `Dockerfile parsing` {
  struct Case: Sendable {
    let source: String
    let dump: String
    init(_ source: String, _ dump: String) {
      self.source = source
      self.dump = dump
    }
  }

  static let trees: [Case] = [
    Case("FROM scratch\n", "(from \"scratch\")\n"),
    Case("from scratch", "(from \"scratch\")\n"),
    Case("\u{FEFF}FROM scratch\r\nRUN a \\\r\n  b\r\n", "(from \"scratch\")\n(run \"a   b\")\n"),
    Case(
      "FROM a\nCOPY --from=x --chmod=\"0 7\" a b", "(from \"a\")\n(copy [\"--from=x\" \"--chmod=0 7\"] \"a\" \"b\")\n"),
    Case("FROM a\nCOPY --link -- --odd b", "(from \"a\")\n(copy [\"--link\"] \"--odd\" \"b\")\n"),
    Case("FROM a\nCMD -- [ \"x\" ]", "(from \"a\")\n(cmd \"x\")\n"),
    Case("FROM a\nCMD [ \"x\", ]", "(from \"a\")\n(cmd \"[ \\\"x\\\", ]\")\n"),
    Case(
      "FROM a\nENV A=1 B='2 3' C=\"4\\\" 5\"",
      "(from \"a\")\n(env \"A\" \"1\" \"=\" \"B\" \"'2 3'\" \"=\" \"C\" \"\\\"4\\\\\\\" 5\\\"\" \"=\")\n"),
    Case("FROM a\nENV A b  c", "(from \"a\")\n(env \"A\" \"b  c\" \"\")\n"),
    Case("FROM a\nARG A B=2", "(from \"a\")\n(arg \"A\" \"B=2\")\n"),
    Case("FROM a\nRUN x \\\n# comment\n   # another\n  y", "(from \"a\")\n(run \"x   y\")\n"),
    Case("FROM a\nRUN x \\\\\nRUN y", "(from \"a\")\n(run \"x \\\\\\\\\")\n(run \"y\")\n"),
    Case("# escape=`\nFROM a\nRUN x `\n y \\\nRUN z", "(from \"a\")\n(run \"x  y \\\\\")\n(run \"z\")\n"),
    Case("FROM a\nONBUILD ENV A=1", "(from \"a\")\n(onbuild (env \"A\" \"1\" \"=\"))\n"),
    Case(
      "FROM a\nHEALTHCHECK --interval=1s CMD [\"x\"]", "(from \"a\")\n(healthcheck [\"--interval=1s\"] \"CMD\" \"x\")\n"
    ),
    Case("FROM a\nUSER <<X\nX", "(from \"a\")\n(user \"<<X\")\n(x)\n"),
  ]

  @Test(arguments: trees)
  func `text becomes this tree and is printed to the same bytes`(_ test: Case) throws {
    let file = try Dockerfile(parsing: test.source)
    #expect(file.dump == test.dump)
    #expect(file.printed() == Array(test.source.utf8))
  }

  static let refused: [Case] = [
    Case("", "1:1: file with no instructions"),
    Case("# only a comment\n\n", "1:1: file with no instructions"),
    Case("FROM a\nENV PATH\n", "2:5: ENV must have two arguments"),
    Case("FROM a\nLABEL A=1 B\n", "2:11: Syntax error - can't find = in \"B\". Must be of the form: name=value"),
    Case("FROM a\nCMD [\"x\", 1]\n", "2:5: when using JSON array syntax, arrays must be comprised of strings only"),
    Case("# escape=x\nFROM a\n", "1:1: invalid escape token 'x' does not match ` or \\"),
    Case("# syntax=a\n# syntax=b\nFROM a\n", "2:1: only one syntax parser directive can be used"),
    Case("FROM a\nRUN <<EOF\nx\n", "2:1: unterminated heredoc"),
    Case(
      "FROM a\nRUN " + String(repeating: "x", count: 65532),
      "2:1: dockerfile line greater than max allowed size of 65535"),
  ]

  @Test(arguments: refused)
  func `a broken file is refused at its place`(_ test: Case) {
    let error = #expect(throws: DockerfileError.self) { try Dockerfile(parsing: test.source) }
    #expect(error?.description == test.dump)
  }

  @Test func `the longest line is read`() throws {
    let file = try Dockerfile(parsing: "FROM a\nRUN " + String(repeating: "x", count: 65531) + "\nRUN y\n")
    #expect(file.instructions.count == 3)
  }

  @Test func `directives stand before everything else`() throws {
    let file = try Dockerfile(
      parsing: "# Syntax = a/b:1 \n#check=skip=all\n# escape=`\n# other=1\n# syntax=late\nFROM a\n")
    #expect(file.directives.map(\.name) == ["syntax", "check", "escape"])
    #expect(file.directives.map(\.value) == ["a/b:1", "skip=all", "`"])
    #expect(file.escape == "`")
    #expect(file.instructions[0].comments == ["other=1", "syntax=late"])
  }

  @Test func `words know their place over continued lines`() throws {
    let source = "FROM a\nCOPY --from=b \\\n  # why\n  one \\\n  two /to/\n"
    let file = try Dockerfile(parsing: source)
    let copy = file.instructions[1]
    guard case .words(let words) = copy.arguments else { Issue.record("no words"); return }
    #expect(words.map(\.text) == ["one", "two", "/to/"])
    #expect(words.map(\.position.description) == ["4:3", "5:3", "5:7"])
    #expect(words.map { String(decoding: file.source[$0.range], as: UTF8.self) } == ["one", "two", "/to/"])
    #expect(copy.flags[0].position.description == "2:6")
    #expect(copy.lines == 2...5)
    let edited = file.applying([(words[2].range, "/there/"), (words[0].range, "1")])
    #expect(String(decoding: edited, as: UTF8.self) == "FROM a\nCOPY --from=b \\\n  # why\n  1 \\\n  two /there/\n")
  }

  @Test func `here-documents are taken from the lines below`() throws {
    let source = """
      FROM a
      RUN <<ONE 3<<-"TWO" cat
      first $A
      ONE
      \tsecond
      \tTWO
      COPY <<  'a b' /x
      text
      a b
      ONBUILD RUN <<EOF
      EOF
      RUN "<<NO"
      RUN ["<<NO"]
      """
    let file = try Dockerfile(parsing: source)
    let all = file.instructions.map(\.heredocs)
    #expect(all[1].map(\.name) == ["ONE", "TWO"])
    #expect(all[1].map(\.expands) == [true, false])
    #expect(all[1].map(\.descriptor) == [0, 3])
    #expect(all[1].map(\.content) == ["first $A\n", "\tsecond\n"])
    #expect(all[1].map(\.text) == ["first $A\n", "second\n"])
    #expect(all[2].map(\.name) == ["a b"])
    #expect(all[3].map(\.name) == ["EOF"])
    #expect(all[4].isEmpty)
    #expect(all[5].isEmpty)
    #expect(file.instructions.count == 6)
    #expect(file.instructions[1].lines == 2...6)
    #expect(file.printed() == Array(source.utf8))
  }

  @Test func `an empty line inside an instruction is remembered`() throws {
    let file = try Dockerfile(parsing: "FROM a\nRUN x \\\n\n y\nRUN z \\\n # c\n w\n")
    #expect(file.emptyContinuations.map(\.line) == [2])
  }

  @Test func `any bytes are read or refused, and what is read is printed to the same bytes`() {
    var generator = SystemRandomNumberGenerator()
    let pieces = [
      "FROM a", "RUN", " ", "\n", "\\\n", "\\", "`", "# escape=`", "#", "<<E", "<<-", "E\n", "\t", "\"", "'", "[", "]",
      "--f=",
      "ENV", "A=1", "COPY", "$", "${", "}", "\r\n", "\u{FEFF}", "é", "\u{2003}", "ONBUILD ", "HEALTHCHECK CMD",
    ]
    for _ in 0..<3000 {
      let source = Array(
        (0..<Int.random(in: 1...24)).map { _ in pieces.randomElement(using: &generator)! }.joined().utf8)
      guard let file = try? Dockerfile(parsing: source) else { continue }
      #expect(file.printed() == source)
    }
  }
}
