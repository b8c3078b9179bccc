import Testing
import Versions

@Suite struct `Package names` {
  @Test(arguments: [("Flask", "flask"), ("zope.interface", "zope-interface"), ("a_-_.b", "a-b"), ("A1", "a1")])
  func `a name is normalised`(_ text: String, _ normal: String) throws {
    #expect(try PackageName(parsing: text).description == normal)
  }

  @Test(arguments: ["", "-a", "a-", "a b", "a/b", "ä", ".."])
  func `what is no name is refused`(_ text: String) {
    #expect(throws: VersionNotationError.self) { try PackageName(parsing: text) }
  }
}

@Suite struct `Requirements` {
  static let accepted: [(String, String)] = [
    ("A", "a"), ("A.B-C_D", "a-b-c-d"), ("name>=3", "name>=3"), ("name>=3,<2", "name>=3,<2"),
    ("name [fred,bar] ( >=3, <4 ) ; python_version=='2.7'", "name[fred,bar]>=3,<4; python_version == '2.7'"),
    ("name@http://foo.com", "name @ http://foo.com"),
    (
      "name [fred,bar,fred] @ http://foo.com ; python_version=='2.7'",
      "name[fred,bar] @ http://foo.com ; python_version == '2.7'"
    ),
    (
      "name;os_name=='a' or (os_name=='b' and os_name=='c')",
      "name; os_name == 'a' or os_name == 'b' and os_name == 'c'"
    ),
    (
      "name;(os_name=='a' or os_name=='b') and os_name=='c'",
      "name; (os_name == 'a' or os_name == 'b') and os_name == 'c'"
    ),
    ("name[]", "name"), ("name()", "name"), ("name<=1", "name<=1"), ("name (==1.0.*)", "name==1.0.*"),
    ("n===weird,==1.0", "n===weird,==1.0"), ("pkg; 'x' not in extra", "pkg; 'x' not in extra"),
    ("pkg; python_implementation == \"CPython\"", "pkg; platform_python_implementation == 'CPython'"),
  ]

  @Test(arguments: accepted)
  func `a requirement is read and printed`(_ text: String, _ printed: String) throws {
    let requirement = try Requirement(parsing: text)
    #expect(requirement.description == printed)
    #expect(try Requirement(parsing: requirement.description) == requirement)
  }

  static let refused: [(String, Int)] = [
    ("", 1), ("-name", 1), ("name[bar", 9), ("name[bar baz]", 10), ("name>=", 7), ("name>=1,", 9), ("name>=1 foo", 9),
    ("name @", 7), ("name; ", 7), ("name; foo == 'a'", 7), ("name; os_name == 'a", 20), ("name; os_name 'a'", 15),
    ("name; (os_name == 'a'", 22), ("name; os_name not == 'a'", 19), ("name (>=1", 10),
  ]

  @Test(arguments: refused)
  func `a requirement that makes no sense is refused at its column`(_ text: String, _ column: Int) {
    let error = #expect(throws: VersionNotationError.self) { try Requirement(parsing: text) }
    #expect(error?.column == column)
  }

  @Test func `parentheses without end do not exhaust the stack`() {
    let text = "name; " + String(repeating: "(", count: 100_000)
    #expect(throws: VersionNotationError.self) { try Requirement(parsing: text) }
  }

  static let published: [(String, String)] = [
    ("pytz (>=2011k.*)", "refused"), ("numpy>=1.19.*", "numpy>=1.19"), ("six (>=1.9,)", "six>=1.9"),
    ("a>=1.0<2.0", "a>=1.0,<2.0"), ("a ;", "a"),
  ]

  @Test(arguments: published)
  func `old metadata is read leniently or refused`(_ text: String, _ meaning: String) {
    #expect((try? Requirement(parsing: text, dialect: .lenient).description) ?? "refused" == meaning)
  }
}

@Suite struct `Markers` {
  private static let environment = MarkerEnvironment(
    linuxCPython: PEP440Version(release: 3, 10), machine: "x86_64")

  static let table: [(String, Bool)] = [
    ("python_version >= '3.8'", true), ("python_version < '3.10'", false), ("python_version >= '3.9'", true),
    ("'3.9' <= python_version", true), ("python_version == '3.*'", true), ("python_version ~= '3.9'", true),
    ("python_full_version == '3.10.0'", true), ("python_full_version < '3.10.1'", true),
    ("python_version in '3.9 3.10'", true), ("python_version not in '2.7'", true), ("sys_platform == 'linux'", true),
    ("sys_platform != 'win32'", true), ("sys_platform == 'linux2'", false), ("'linux' in sys_platform", true),
    ("os_name == 'posix'", true), ("platform_system == 'Linux'", true), ("platform_machine == 'x86_64'", true),
    ("platform_machine in 'aarch64 arm64'", false), ("implementation_name == 'cpython'", true),
    ("platform_python_implementation == 'CPython'", true), ("implementation_version >= '3.10'", true),
    ("extra == 'test'", false), ("os_name ~= 'posix'", false), ("sys_platform >= 'a'", true),
    ("python_version < '3' or sys_platform == 'linux'", true),
    ("python_version < '3' and sys_platform == 'linux' or os_name == 'posix'", true),
    ("python_version < '3' and (sys_platform == 'linux' or os_name == 'posix')", false),
    ("platform_release == '5.0'", false), ("python_version > 'three'", false), ("os.name == 'posix'", true),
  ]

  @Test(arguments: table)
  func `a marker holds or does not`(_ text: String, _ holds: Bool) throws {
    #expect(try Marker(parsing: text).holds(in: Self.environment) == holds)
  }

  @Test func `extras are compared by their normalised name`() throws {
    let extras: Set = [try PackageName(parsing: "all-extras")]
    for (text, holds) in [
      ("extra == 'All_Extras'", true), ("'all.extras' == extra", true), ("extra != 'all-extras'", false),
      ("extra == 'other'", false), ("extra != 'other'", true),
    ] {
      #expect(try Marker(parsing: text).holds(in: Self.environment, extras: extras) == holds, "\(text)")
    }
  }

  @Test func `a marker knows whether it asks for extras`() throws {
    #expect(try Marker(parsing: "os_name == 'a' and (os_name == 'b' or extra == 'c')").mentionsExtra)
    #expect(try !Marker(parsing: "os_name == 'extra'").mentionsExtra)
  }
}
