import Dockerfiles
import Testing

struct `Ignore files` {
  struct Case: Sendable {
    let file: String
    let ignored: [String]
    let seen: [String]
  }

  static let table: [Case] = [
    Case(file: "a", ignored: ["a", "a/b"], seen: ["b/a", "ab"]),
    Case(file: "/a/", ignored: ["a", "a/b"], seen: ["b"]),
    Case(file: "*.md\n!README.md", ignored: ["a.md"], seen: ["README.md", "x/a.md"]),
    Case(file: "**/*.md", ignored: ["a.md", "x/a.md", "x/y/a.md"], seen: ["a.mdx"]),
    Case(file: "*/a*", ignored: ["x/ab", "x/a/b"], seen: ["a", "x/y/a"]),
    Case(file: "a?", ignored: ["ab"], seen: ["a", "abc"]),
    Case(file: "**", ignored: ["a", "a/b"], seen: []),
    Case(file: "**\n!keep/**", ignored: ["a"], seen: ["keep/a", "keep/a/b"]),
    Case(file: "a/**", ignored: ["a/b", "a/b/c"], seen: ["b"]),
    Case(file: "a/**/z", ignored: ["a/z", "a/b/z", "a/b/c/z"], seen: ["z", "a/b"]),
    Case(file: "a\n!a/b\na/b/c", ignored: ["a/x", "a/b/c"], seen: ["a/b", "a/b/d"]),
    Case(file: "# comment\n\n  a  \n!", ignored: [], seen: []),
    Case(file: "[a-c]x\n[^q]y", ignored: ["ax", "cx", "zy"], seen: ["dx", "qy"]),
    Case(file: "\\*", ignored: ["*"], seen: ["a"]),
    Case(file: ".", ignored: [], seen: ["a"]),
    Case(file: "a/../b", ignored: ["b"], seen: ["a"]),
    Case(file: "! b\nb\n!  b", ignored: [], seen: ["b"]),
  ]

  @Test(arguments: table)
  func `the last pattern that matches decides`(_ test: Case) throws {
    guard !test.file.hasSuffix("\n!") else {
      #expect(throws: DockerfileError.self) { try IgnoreFile(parsing: test.file) }
      return
    }
    let file = try IgnoreFile(parsing: test.file)
    for path in test.ignored { #expect(file.ignores(path), "\(path)") }
    for path in test.seen { #expect(!file.ignores(path), "\(path)") }
  }

  @Test func `a malformed pattern is refused at its line`() {
    let error = #expect(throws: DockerfileError.self) { try IgnoreFile(parsing: "a\n[a") }
    #expect(error?.description == "2:1: the pattern \"[a\" is malformed")
  }
}
