import Testing

@testable import Versions

@Suite struct `RPM versions` {
  /// rpm-version(7) and the lore of packagers, each left side older than the right.
  static let older: [(String, String)] = [
    ("1.0", "1.1"), ("1.9", "1.10"), ("1.0~rc1", "1.0"), ("1.0~~", "1.0~"), ("1.0", "1.0^20240101"),
    ("1.0^20240101", "1.0.1"), ("1.0^git1", "1.0a"), ("1.0a", "1.0.1"), ("9.9-9", "1:1-1"), ("1-1", "1-2"),
    ("1-1.amzn2", "1-1.amzn2.0.1"), ("1-9.amzn2023", "1-10.amzn2023"), ("2.26-64.amzn2.0.4", "2.34-52.amzn2023.0.8"),
    ("1", "1-1"), ("99999999999999999998", "99999999999999999999"), ("1.0~rc1^1", "1.0"), ("alpha", "1"),
  ]

  @Test(arguments: older)
  func `the left version is older`(_ left: String, _ right: String) throws {
    let (old, new) = (try RPMVersion(parsing: left), try RPMVersion(parsing: right))
    #expect(old < new)
    #expect(!(new < old))
    #expect(old != new)
  }

  @Test(arguments: [("1.0", "0:1.0"), ("1_0", "1.0"), ("1.01", "1.1"), ("1.0-1.", "1.0-1"), ("007:1", "7:1")])
  func `these are the same version`(_ left: String, _ right: String) throws {
    let (one, other) = (try RPMVersion(parsing: left), try RPMVersion(parsing: right))
    #expect(one == other)
    #expect(Set([one, other]).count == 1)
  }

  @Test func `a version is taken apart`() throws {
    let version = try RPMVersion(parsing: "1:17.0.14+7-1.amzn2023.1")
    #expect(version.epoch == 1)
    #expect(version.version == "17.0.14+7")
    #expect(version.release == "1.amzn2023.1")
    #expect(version.description == "1:17.0.14+7-1.amzn2023.1")
    #expect(RPMVersion(epoch: 0, version: "1", release: "2").description == "1-2")
  }

  @Test func `a dependency without a release admits every release`() throws {
    let (installed, asked) = (try RPMVersion(parsing: "1.0-5"), try RPMVersion(parsing: "1.0"))
    #expect(installed.compareAsDependency(asked) == 0)
    #expect(asked < installed)
  }

  @Test(arguments: ["", "1:", "-1", "1.0 2", "99999999999:1"])
  func `what is no version is refused`(_ text: String) {
    #expect(throws: VersionNotationError.self) { try RPMVersion(parsing: text) }
  }
}
