import Testing
import Versions

@Suite struct `Maven versions` {
  /// The POM reference, "Version Order Specification", each left side older than the right.
  static let older: [(String, String)] = [
    ("1", "1.1"), ("1-snapshot", "1"), ("1", "1-sp"), ("1-foo2", "1-foo10"), ("1.foo", "1-foo"), ("1-foo", "1-1"),
    ("1-1", "1.1"), ("1-alpha-1", "1-beta-1"), ("1-m1", "1-rc1"), ("1-rc1", "1-SNAPSHOT"), ("1-sp", "1-x"),
    ("2.12.9", "2.12.18"), ("3.3.4-amzn-0", "3.3.4-amzn-1"), ("1.0-20240101.120000-1", "1.0-20240101.120000-2"),
    ("99999999999999999998", "99999999999999999999"), ("33.0.0-android", "33.0.0-jre"), ("", "1"),
  ]

  @Test(arguments: older)
  func `the left version is older`(_ left: String, _ right: String) {
    let (old, new) = (MavenVersion(left), MavenVersion(right))
    #expect(old < new)
    #expect(!(new < old))
    #expect(old != new)
  }

  static let equal: [(String, String)] = [
    ("1", "1.0.0"), ("1", "1-ga"), ("1", "1.final"), ("1-foo", "1.0.0-foo.0.0"), ("1", "1.0.0-0.0.0"),
    ("1-1.foo-bar1baz-.1", "1-1.foo-bar-1-baz-0.1"), ("1-a1", "1-alpha-1"), ("1-cr2", "1-RC2"), ("1.01", "1.1"),
  ]

  @Test(arguments: equal)
  func `these are the same version`(_ left: String, _ right: String) {
    #expect(MavenVersion(left) == MavenVersion(right))
    #expect(Set([MavenVersion(left), MavenVersion(right)]).count == 1)
  }

  static let ranges: [(range: String, inside: [String], outside: [String])] = [
    ("1.0", ["1.0", "0.1", "9"], []),
    ("[1.0]", ["1.0", "1"], ["1.0.1", "0.9"]),
    ("[1.2,1.3]", ["1.2", "1.2.9", "1.3"], ["1.1", "1.3.1"]),
    ("[1.0,2.0)", ["1.0", "2.0-alpha-1"], ["2.0", "0.9"]),
    ("(1.0,)", ["1.0.1"], ["1.0"]),
    ("(,1.0],[1.2,)", ["1.0", "1.2", "2"], ["1.1"]),
    ("(,1.1), (1.1,)", ["1.0", "1.2"], ["1.1"]),
  ]

  @Test(arguments: ranges)
  func `a range admits what lies in it`(range: String, inside: [String], outside: [String]) throws {
    let range = try MavenVersionRange(parsing: range)
    for text in inside { #expect(range.admits(MavenVersion(text)), "\(text)") }
    for text in outside { #expect(!range.admits(MavenVersion(text)), "\(text)") }
  }

  @Test(arguments: ["", " ", "[1.0", "1.0]", "[1.0)", "(1.0)", "[]", "[1,2,3]", "[1],", "[1][2]", "../1", "1,2"])
  func `what is no range is refused`(_ text: String) {
    #expect(throws: VersionNotationError.self) { try MavenVersionRange(parsing: text) }
  }
}
