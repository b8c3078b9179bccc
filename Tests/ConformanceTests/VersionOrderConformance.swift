import Testing
import Versions

/// Runs the order vectors of `version-order/*.txt`: `a < b`, `a = b` or `a > b` a line.
@Suite(.enabled(if: Fixtures.folder != nil))
struct `Version order` {
  @Test func `PEP 440 versions are ordered as in the public vectors`() throws {
    for file in ["pypi.txt", "pypi-generated.txt"] {
      try check(file, parse: PythonReleaseName.init)
    }
  }

  @Test func `Debian versions are ordered as in the public vectors`() throws {
    for file in ["debian.txt", "debian-generated.txt"] {
      try check(file) { try DebianVersion(parsing: $0) }
    }
  }

  @Test func `RPM versions are ordered as in the public vectors`() throws {
    try check("redhat.txt") { try RPMVersion(parsing: $0) }
  }

  @Test func `Maven versions are ordered as in the public vectors`() throws {
    for file in ["maven.txt", "maven-generated.txt"] {
      try check(file) { MavenVersion($0) }
    }
  }

  private func check<Version: Comparable>(_ file: String, parse: (String) throws -> Version) throws {
    var (passed, failed) = (0, 0)
    for line in try Fixtures.text("version-order/\(file)").split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, !line.hasPrefix("//"), !line.hasPrefix("#") else { continue }
      var holds = false
      if let left = try? parse(String(words[0])), let right = try? parse(String(words[2])) {
        switch words[1] {
        case "<": holds = left < right && !(left == right) && !(right < left)
        case ">": holds = left > right && !(left == right) && !(right > left)
        default: holds = left == right && !(left < right)
        }
      }
      if holds { passed += 1 } else { failed += 1 }
      #expect(holds, "\(file): \(line)")
    }
    print("version-order/\(file): \(passed) of \(passed + failed)")
    #expect(passed > 0)
  }
}
