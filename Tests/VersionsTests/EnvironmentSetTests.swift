import Testing
import Versions

@Suite struct `Sets of environments` {
  private static func set(_ text: String) throws -> EnvironmentSet { EnvironmentSet(try Marker(parsing: text)) }

  static let same: [(String, String)] = [
    ("python_version < '3.10'", "python_full_version < '3.10'"),
    ("python_version <= '3.10'", "python_full_version < '3.11'"),
    ("python_version > '3.10'", "python_full_version >= '3.11'"),
    ("python_version == '3.10'", "python_full_version == '3.10.*'"),
    ("python_version >= '3.10.2'", "python_version >= '3.11'"),
    ("python_version ~= '3.8'", "python_version >= '3.8' and python_version < '4'"),
    ("python_version in '3.8 3.9'", "python_version >= '3.8' and python_version < '3.10'"),
    ("'3.10' <= python_version", "python_version >= '3.10'"),
    ("platform_system == 'Windows'", "sys_platform == 'win32'"),
    ("sys_platform != 'linux'", "not_linux"),
    ("sys_platform == 'linux' or sys_platform != 'linux'", "python_version >= '3' or python_version < '3'"),
    ("os_name == 'posix' and (os_name == 'nt' or os_name == 'posix')", "os_name == 'posix'"),
  ]

  @Test(arguments: same) func `different words make one set`(_ left: String, _ right: String) throws {
    let other = right == "not_linux" ? try Self.set("sys_platform == 'linux'").complement : try Self.set(right)
    #expect(try Self.set(left).isSubset(of: other))
    #expect(try other.isSubset(of: Self.set(left)))
  }

  static let disjoint: [(String, String, Bool)] = [
    ("sys_platform == 'linux'", "sys_platform == 'darwin'", true),
    ("sys_platform == 'linux'", "implementation_name == 'pypy'", false),
    ("os_name == 'nt'", "sys_platform == 'linux'", true),
    ("platform_system == 'Linux'", "sys_platform == 'win32'", true),
    ("python_version < '3.9'", "python_full_version >= '3.8.5'", false),
    ("python_version < '3.9'", "python_full_version >= '3.9.0'", true),
    ("'64' in platform_machine", "'64' not in platform_machine", true),
    ("platform_machine >= 'x'", "platform_machine == 'arm64'", true),
  ]

  @Test(arguments: disjoint) func `whether two markers can hold at once is known`(
    _ left: String, _ right: String, _ expected: Bool
  ) throws {
    #expect(try Self.set(left).isDisjoint(with: Self.set(right)) == expected)
  }

  static let markers: [(within: String, of: String, text: String?)] = [
    ("python_version >= '3.8'", "python_version >= '3.6'", nil),
    ("python_version >= '3.8'", "python_version < '3.10'", "python_full_version < '3.10'"),
    ("python_version >= '3.8'", "python_version >= '3.8' and python_version < '3.11'", "python_full_version < '3.11'"),
    ("python_version >= '3.8'", "sys_platform != 'win32' or python_version >= '3.8'", nil),
    ("python_version >= '3.8'", "python_version == '3.9'", "python_full_version == '3.9.*'"),
    (
      "python_version >= '3.8'", "sys_platform != 'win32' and sys_platform != 'darwin'",
      "sys_platform != 'darwin' and sys_platform != 'win32'"
    ),
    (
      "python_version >= '3.8'", "(sys_platform == 'linux' and python_version < '3.9') or sys_platform == 'linux'",
      "sys_platform == 'linux'"
    ),
    (
      "python_version >= '3.8'", "sys_platform == 'linux' or python_version >= '3.12'",
      "python_full_version >= '3.12' or sys_platform == 'linux'"
    ),
    ("python_version >= '3.8'", "'arm' in platform_machine", "'arm' in platform_machine"),
  ]

  @Test(arguments: markers) func `a set is said in few words`(_ universe: String, _ marker: String, _ text: String?)
    throws
  {
    let result = try Self.set(marker).marker(within: try Self.set(universe))
    #expect(result?.description == text)
  }

  /// Random markers over few variables, judged in every environment that these tell apart.
  @Test func `algebra and words agree with judging markers one by one`() throws {
    var generator = SystemRandomNumberGenerator()
    let atoms = try [
      "python_version < '3.10'", "python_full_version >= '3.10.5'", "python_version == '3.11'",
      "sys_platform == 'linux'", "sys_platform != 'win32'", "sys_platform < 'm'", "platform_machine in 'arm64 x86_64'",
      "'64' in platform_machine", "implementation_name != 'pypy'",
    ].map { try Marker(parsing: $0) }
    func random(_ depth: Int) -> Marker {
      let parts = { (0..<2).map { _ in random(depth - 1) } }
      switch depth == 0 ? 0 : Int.random(in: 0...2, using: &generator) {
      case 1: return .all(parts())
      case 2: return .any(parts())
      default: return atoms.randomElement(using: &generator)!
      }
    }
    var environments: [MarkerEnvironment] = []
    for python in ["3.9.0", "3.10.4", "3.10.5", "3.11.1", "3.12.0"] {
      for (system, machine) in [("linux", "x86_64"), ("linux", "s390x"), ("darwin", "arm64"), ("win32", "AMD64")] {
        for implementation in ["cpython", "pypy"] {
          environments.append(
            MarkerEnvironment(values: [
              .pythonVersion: python.split(separator: ".").prefix(2).joined(separator: "."),
              .pythonFullVersion: python, .sysPlatform: system, .platformMachine: machine,
              .implementationName: implementation,
            ]))
        }
      }
    }
    for _ in 0..<100 {
      let (left, right) = (random(2), random(2))
      let common = EnvironmentSet(left).intersection(EnvironmentSet(right))
      let either = EnvironmentSet(left).union(EnvironmentSet(right))
      let not = EnvironmentSet(left).complement
      for environment in environments {
        let (mine, theirs) = (left.holds(in: environment), right.holds(in: environment))
        #expect((common.marker()?.holds(in: environment) ?? true) == (mine && theirs), "\(left) AND \(right)")
        #expect((either.marker()?.holds(in: environment) ?? true) == (mine || theirs), "\(left) OR \(right)")
        #expect((not.marker()?.holds(in: environment) ?? true) == !mine, "NOT \(left)")
      }
    }
  }
}
