import Testing
import Versions

@Suite struct `PEP 440 versions` {
  static let spellings: [(String, String)] = [
    ("1.0", "1.0"), (" v1.0 ", "1.0"), ("1.0.0", "1.0.0"), ("01.002", "1.2"), ("1!2.0", "1!2.0"), ("1.0a", "1.0a0"),
    ("1.0-alpha.1", "1.0a1"), ("1.0ALPHA1", "1.0a1"), ("1.0_beta_2", "1.0b2"), ("1.0c3", "1.0rc3"),
    ("1.0pre", "1.0rc0"), ("1.0preview1", "1.0rc1"), ("1.0-1", "1.0.post1"), ("1.0.rev3", "1.0.post3"),
    ("1.0-r4", "1.0.post4"), ("1.0post", "1.0.post0"), ("1.0dev", "1.0.dev0"), ("1.0.dev-2", "1.0.dev2"),
    ("1.0a1.post2.dev3", "1.0a1.post2.dev3"), ("1.0+ubuntu-1", "1.0+ubuntu.1"), ("1.0+ABC_007", "1.0+abc.7"),
    ("20240101120000", "20240101120000"),
  ]

  @Test(arguments: spellings)
  func `a version prints in its normal form`(_ spelling: String, _ normal: String) throws {
    #expect(try PEP440Version(parsing: spelling).description == normal)
  }

  static let refused: [(String, Int)] = [
    ("", 1), ("abc", 1), ("1.", 2), ("1.0x", 4), ("1.0+", 5), ("1.0 beta", 5), ("1!", 3), ("99999999999999999999", 1),
    ("1.0+a..b", 6),
  ]

  @Test(arguments: refused)
  func `text that is no version is refused at the column where it stops being one`(_ text: String, _ column: Int) {
    let error = #expect(throws: VersionNotationError.self) { try PEP440Version(parsing: text) }
    #expect(error?.column == column)
  }

  /// PEP 440, "Summary of permitted suffixes and relative ordering", ascending.
  static let ascending = [
    "0.9", "1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
    "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5",
    "1.0+5.0", "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1", "1.10", "1!0.1",
  ]

  @Test func `versions are ordered as the specification says`() throws {
    let versions = try Self.ascending.map { try PEP440Version(parsing: $0) }
    for (place, version) in versions.enumerated() {
      for (other, right) in versions.enumerated() {
        #expect((version < right) == (place < other), "\(version) \(right)")
        #expect((version == right) == (place == other), "\(version) \(right)")
      }
    }
  }

  @Test func `trailing zeros make no other version`() throws {
    let (short, long) = (try PEP440Version(parsing: "1"), try PEP440Version(parsing: "1.0.0"))
    #expect(short == long)
    #expect(Set([short, long]).count == 1)
    #expect(long.description == "1.0.0")
  }

  @Test func `names from before PEP 440 sort before all versions`() {
    let names = ["0.4.0-p1", "0.9-eevee", "0.9-fearow", "1.0-final", "0.0.1.dev0", "0.1"]
    #expect(names.shuffled().map(PythonReleaseName.init).sorted().map(\.description) == names)
  }
}

@Suite struct `PEP 440 specifiers` {
  static let table: [(specifier: String, inside: [String], outside: [String])] = [
    ("==1.1", ["1.1", "1.1.0", "1.1+local"], ["1.1.post1", "1.1a1", "1.1.1"]),
    ("==1.1+local", ["1.1+local"], ["1.1", "1.1+other"]),
    ("==1.1.*", ["1.1", "1.1.1", "1.1a1", "1.1.dev1", "1.1.post1"], ["1.2.dev0", "1.0", "1.10"]),
    ("!=1.1", ["1.1.post1", "1.0"], ["1.1", "1.1+local"]),
    ("!=1.1.*", ["1.2", "1.0"], ["1.1.5", "1.1a1"]),
    ("~=2.2", ["2.2", "2.3", "2.10"], ["3.0", "2.1", "2.2a1", "3.0.dev1"]),
    ("~=1.4.5", ["1.4.5", "1.4.6", "1.4.5.post2"], ["1.5", "1.4.4", "1.5.dev0"]),
    ("~=2.2.post3", ["2.2.post3", "2.3"], ["3", "2.2.post2"]),
    ("~=1!1.4", ["1!1.4", "1!1.5"], ["1.4", "2!1.4"]),
    (">=1.1", ["1.1", "1.1+local", "1.1.post1", "2"], ["1.1a1", "1.1.dev0", "1.0"]),
    ("<=1.1", ["1.1", "1.1+local", "1.1a1", "1.0"], ["1.1.post1", "1.1.post0.dev0"]),
    (">1.7", ["1.7.1", "1.8.dev0", "1.7.0.1"], ["1.7", "1.7.0.post1", "1.7+local", "1.7.post1+x"]),
    (">1.7.post2", ["1.7.1", "1.7.0.post3"], ["1.7.0", "1.7.post2", "1.7.post2+x"]),
    (">1.7a1", ["1.7", "1.7a2", "1.7.post1"], ["1.7a1", "1.7a1.post1"]),
    (">1.7.dev1", ["1.7.dev2", "1.7a1"], ["1.7.dev1"]),
    ("<1.7", ["1.6", "1.6.post1"], ["1.7", "1.7a1", "1.7.dev0", "1.7+local"]),
    ("<1.7rc1", ["1.7a1", "1.7.dev0", "1.6"], ["1.7rc1", "1.7"]),
    ("<1.7.post1", ["1.7", "1.7a1"], ["1.7.post1", "1.7.post1.dev0"]),
    ("===1.0", ["1.0"], ["1.0+x", "1.1"]),
    (">=1,!=1.5,<2", ["1", "1.4", "1.5.post1"], ["1.5", "2", "2.0a1"]),
    ("", ["0", "1!9", "1.0a1"], []),
    ("<0.dev0", [], ["0.dev0", "0", "0a1"]),
  ]

  @Test(arguments: table)
  func `a specifier accepts what it should and nothing else`(
    _ row: (specifier: String, inside: [String], outside: [String])
  ) throws {
    let set = try PEP440SpecifierSet(parsing: row.specifier)
    for (texts, isInside) in [(row.inside, true), (row.outside, false)] {
      for text in texts {
        let version = try PEP440Version(parsing: text)
        #expect(set.contains(version) == isInside, "\(row.specifier) \(text)")
        #expect(set.ranges.contains(from: .before(version)) == isInside, "\(row.specifier) \(text)")
      }
    }
  }

  @Test(arguments: [
    "1.0", ">=1.0.*", "~=1", "==1.0.*,", ">=", "=1.0", "==1.0a1.*", ">=1.0+local", "== 1.0 2.0", "===",
  ])
  func `what PEP 440 does not allow is refused`(_ text: String) {
    #expect(throws: VersionNotationError.self) { try PEP440SpecifierSet(parsing: text) }
  }

  static let lenient: [(String, String)] = [
    (">=3.6.*", ">=3.6"), (">=2.7,", ">=2.7"), (",>=2.7", ">=2.7"), (">=1.0 <2.0", ">=1.0,<2.0"), ("~=3", ">=3"),
    ("!=3.0.*,>=2.7.*", "!=3.0.*,>=2.7"),
  ]

  @Test(arguments: lenient)
  func `published metadata is read as it was meant`(_ text: String, _ meaning: String) throws {
    #expect(try PEP440SpecifierSet(parsing: text, dialect: .lenient).description == meaning)
  }

  @Test func `pre-releases are let in if named or if there is nothing else`() throws {
    let versions = try ["1.0", "1.5a1", "2.0rc1"].map { try PEP440Version(parsing: $0) }
    func filter(_ text: String) throws -> [String] {
      try PEP440SpecifierSet(parsing: text).filter(versions).map(\.description)
    }
    #expect(try filter(">=1") == ["1.0"])
    #expect(try filter(">=1.0a1") == ["1.0", "1.5a1", "2.0rc1"])
    #expect(try filter(">1") == ["1.5a1", "2.0rc1"])
    #expect(try filter("!=3a1") == ["1.0"])
  }

  @Test func `specifiers that mean the same make the same set`() throws {
    func ranges(_ text: String) throws -> VersionRanges<PEP440Cut> { try PEP440SpecifierSet(parsing: text).ranges }
    #expect(try ranges("<=1.0") == ranges("<1.0.post0.dev0"))
    #expect(try ranges("~=1.4.2") == ranges(">=1.4.2,==1.4.*"))
    #expect(try ranges("==1.0") == ranges("==1.0.0"))
    #expect(try ranges("<1") == ranges("<1.dev0"))
  }
}

@Suite struct `Version ranges` {
  /// Every set over the cuts 0…3, by membership of the versions 0…3.
  private static func ranges(_ members: [Bool]) -> VersionRanges<Int> {
    members.indices.filter { members[$0] }.reduce(.empty) { $0.union(VersionRanges(from: $1, to: $1 + 1)) }
  }

  private static let all = (0..<16).map { bits in (0..<4).map { bits & (1 << $0) != 0 } }

  @Test func `set algebra agrees with membership`() {
    for left in Self.all {
      let mine = Self.ranges(left)
      for place in 0..<4 {
        #expect(mine.contains(from: place) == left[place])
        #expect(mine.complement.contains(from: place) != left[place])
      }
      #expect(mine.complement.complement == mine)
      for right in Self.all {
        let theirs = Self.ranges(right)
        let (both, either) = (mine.intersection(theirs), mine.union(theirs))
        for place in 0..<4 {
          #expect(both.contains(from: place) == (left[place] && right[place]))
          #expect(either.contains(from: place) == (left[place] || right[place]))
        }
        #expect(mine.isSubset(of: theirs) == zip(left, right).allSatisfy { !$0 || $1 })
        #expect(mine.isDisjoint(with: theirs) == zip(left, right).allSatisfy { !($0 && $1) })
      }
    }
  }

  @Test func `bounds that part no existing versions are dropped`() throws {
    let points = try ["1.0", "1.3", "2.0"].map { PEP440Cut.before(try PEP440Version(parsing: $0)) }
    for (text, expected) in [(">=1.2,<2.0.1", ">=1.2"), (">=0.5,<1.5", "<1.5"), ("!=1.5", ""), (">2", "no version")] {
      #expect(try PEP440SpecifierSet(parsing: text).ranges.simplified(over: points).description == expected)
    }
  }

  static let texts: [(String, String)] = [
    (">=1.0,<2", ">=1.0,<2"), ("==1.0", "==1.0"), ("==1.0+x", "==1.0+x"), ("<=1.0", "<=1.0"), (">1.0", ">1.0"),
    ("!=1.0", "!=1.0"), ("==1.0.*", "==1.0.*"), (">=1,!=1.5,!=1.6,<2", ">=1,!=1.5,!=1.6,<2"),
    ("!=1.1.*", "!=1.1.*"), ("<1.0.post1", "<=1.0.post0"), ("~=1.4.2", ">=1.4.2,<1.5"),
  ]

  @Test(arguments: texts)
  func `a set prints as a person would write it`(_ text: String, _ expected: String) throws {
    #expect(try PEP440SpecifierSet(parsing: text).ranges.description == expected)
  }
}
