import Testing

@testable import Verification

/// RE2's syntax, as its specification describes it.
@Suite struct PatternTests {
  struct Match: Sendable {
    let pattern: String
    let text: String
    let isMatch: Bool

    init(_ pattern: String, _ text: String, _ isMatch: Bool) {
      self.pattern = pattern
      self.text = text
      self.isMatch = isMatch
    }
  }

  static let matches: [Match] = [
    Match("", "", true), Match("", "abc", true), Match("b", "abc", true), Match("d", "abc", false),
    Match("^b", "abc", false), Match("^a", "abc", true), Match("c$", "abc", true), Match("c$", "abc\n", false),
    Match("^abc$", "x\nabc\ny", false), Match("(?m)^abc$", "x\nabc\ny", true), Match("a.c", "a\nc", false),
    Match("(?s)a.c", "a\nc", true), Match("(?i)STRAẞE", "straße", true), Match("(?i)[k-m]", "L", true),
    Match("(?i:AB)C", "abc", false),
    Match("(?i)ab(?-i)C", "ABC", true), Match("(?i)ab(?-i)C", "ABc", false), Match("a(?i)b|c", "C", true),
    Match("ab*c", "ac", true), Match("ab+c", "ac", false), Match("ab?c", "abbc", false), Match("ab{2}c", "abbc", true),
    Match("ab{2,}c", "abc", false), Match("ab{2,3}c", "abbbbc", false), Match("a{,3}b", "a{,3}b", true),
    Match("a{x}", "a{x}", true), Match("a*?b", "aab", true), Match("(a|b)*c", "abbac", true),
    Match("(a*)*b", "b", true),
    Match("(?:ab|cd)+$", "xabcd", true), Match("(?P<name>a)b", "ab", true), Match("(?<name>a)b", "ab", true),
    Match("cat|dog|", "fish", true), Match("^(cat|dog)$", "dogs", false), Match("\\d+", "v17", true),
    Match("^\\D+$", "v17", false), Match("\\s", "a\u{B}b", false), Match("^\\S+$", "a b", false),
    Match("^\\w+$", "snake_case1", true), Match("\\W", "é", true), Match("[[:alpha:]]+[[:digit:]]", "ab1", true),
    Match("^[[:^digit:]]+$", "a1", false), Match("[^a-c]", "abc", false), Match("[]a]", "]", true),
    Match("[a-]", "-", true), Match("[\\]\\-]", "-", true), Match("[\\d.]+$", "3.11", true),
    Match("[^\\D]", "a", false),
    Match("\\bcat\\b", "a cat.", true), Match("\\bcat\\b", "concat", false), Match("\\Bcat", "concat", true),
    Match("\\Aab\\z", "ab", true), Match("a\\.b", "axb", false), Match("^\\Qa.b*\\E+$", "a.b**", true),
    Match("\\Qa.b*\\E\\+", "a.b*+", true), Match("\\x41\\x{1F600}\\101", "A😀A", true), Match("\\pL\\p{Lu}", "aB", true),
    Match("\\PL", "a", false), Match("\\p{^Lu}", "A", false), Match("\\t", "\t", true),
    Match(".*(FOO|BAR)=keepit(secret|safe)!.*", "A=1\nFOO=keepitsafe!", true), Match("{", "{", true),
    Match("DPkg::Pre-Install-Pkgs \"\";", "DPkg::Pre-Install-Pkgs \"\";", true), Match("é+", "éé", true),
  ]

  @Test(arguments: matches)
  func `a pattern finds what RE2 finds`(_ match: Match) throws {
    #expect(try Pattern(parsing: match.pattern).matches(match.text) == match.isMatch, "\(match)")
  }

  static let faults: [(pattern: String, offset: Int)] = [
    ("(a", 0), ("a)", 1), ("[a", 0), ("*a", 0), ("a**", 0), ("a|+", 2), ("[b-a]", 0), ("\\", 0), ("\\k", 0), ("\\1", 0),
    ("a{1001}", 1), ("a{2,1}", 1), ("(?z)", 0), ("(?P<a-b>c)", 5), ("[[:none:]]", 1), ("\\p{Greek}", 0),
    ("((a{1000}){1000}){10}", 0),
  ]

  @Test(arguments: faults)
  func `a pattern that RE2 refuses is refused at its place`(_ fault: (pattern: String, offset: Int)) {
    let error = #expect(throws: PatternError.self) { try Pattern(parsing: fault.pattern) }
    #expect(error?.offset == fault.offset, "\(error.map(String.init(describing:)) ?? "")")
  }

  @Test func `deep nesting is refused`() {
    let pattern = String(repeating: "(", count: 5000) + String(repeating: ")", count: 5000)
    #expect(throws: PatternError.self) { try Pattern(parsing: pattern) }
  }

  /// Patterns like this one take a backtracking matcher longer than the age of the universe.
  @Test(.timeLimit(.minutes(1)))
  func `time grows with the text alone`() throws {
    let pattern = try Pattern(parsing: "^(a|a)*(a|aa)*$")
    #expect(!pattern.matches(String(repeating: "a", count: 2000) + "b"))
  }
}
