import Testing
import Versions

@Suite struct `Debian versions` {
  /// Debian Policy 5.6.12 and dpkg's own notes, each left side older than the right.
  static let older: [(String, String)] = [
    ("1.0~beta1", "1.0"), ("1.0~~", "1.0~"), ("1.0~", "1.0"), ("1.0", "1.0a"), ("1.0a", "1.0+"), ("1.9", "1.10"),
    ("1.0-1", "1.0-2"), ("1.0-1~bpo12+1", "1.0-1"), ("2.0", "1:1.0"), ("1.0-9", "1.0-10"), ("7.6-0", "7.6p2-4"),
    ("1.0-1.1", "1.0.3-3"), ("1.2.2", "1.2.10"), ("12", "12+deb12u1"), ("2.36-9+deb12u9", "2.36-9+deb12u10"),
    ("1-2", "1-2-1"),
  ]

  @Test(arguments: older)
  func `the left version is older`(_ left: String, _ right: String) throws {
    let (old, new) = (try DebianVersion(parsing: left), try DebianVersion(parsing: right))
    #expect(old < new)
    #expect(!(new < old))
    #expect(old != new)
  }

  @Test(arguments: [("1.0", "0:1.0"), ("1.0", "1.0-0"), ("1.01", "1.1"), ("1.0-00", "1.0-0")])
  func `these are the same version`(_ left: String, _ right: String) throws {
    let (one, other) = (try DebianVersion(parsing: left), try DebianVersion(parsing: right))
    #expect(one == other)
    #expect(Set([one, other]).count == 1)
  }

  @Test func `a version is taken apart`() throws {
    let version = try DebianVersion(parsing: "1:2.36-9+deb12u10")
    #expect(version.epoch == 1)
    #expect(version.upstream == "2.36")
    #expect(version.revision == "9+deb12u10")
    #expect(version.description == "1:2.36-9+deb12u10")
  }

  @Test(arguments: ["", "1:", "a:1", ":1", "1.0 2", "1.0/2", "1_0", "99999999999:1"])
  func `what is no version is refused`(_ text: String) {
    #expect(throws: VersionNotationError.self) { try DebianVersion(parsing: text) }
  }
}

@Suite struct `Package URLs` {
  @Test func `a Python release has one`() throws {
    let url = PackageURL.pypi(try PackageName(parsing: "Flask_SQLAlchemy"), try PEP440Version(parsing: "1.0+abc"))
    #expect(url.description == "pkg:pypi/flask-sqlalchemy@1.0%2Babc")
  }

  @Test func `a Debian package has one with its architecture`() throws {
    let url = PackageURL.debian("libstdc++6", try DebianVersion(parsing: "1:12.2.0-14+deb12u1"), architecture: "amd64")
    #expect(url.description == "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bdeb12u1?arch=amd64")
  }

  @Test func `qualifiers are sorted and empty ones left out`() {
    let url = PackageURL(type: "Generic", name: "a b", qualifiers: ["z": "1", "A": "2", "n": ""])
    #expect(url.description == "pkg:generic/a%20b?a=2&z=1")
  }
}
