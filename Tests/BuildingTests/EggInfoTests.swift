import Testing
import Versions

@testable import Building

@Suite struct EggInfoTests {
  static let texts: [(text: String, requirements: [String], extras: [String])] = [
    ("", [], []),
    ("a\nb>=1,<2\n", ["a", "b>=1,<2"], []),
    ("a\n\n[:python_version < \"3.8\"]\nb\n", ["a", "b; python_version < '3.8'"], []),
    ("[Test_Extra]\nc[x]==1\n", ["c[x]==1; extra == 'test-extra'"], ["test-extra"]),
    (
      "[d:sys_platform == \"win32\"]\ne ; os_name == 'nt'\n",
      ["e; extra == 'd' and sys_platform == 'win32' and os_name == 'nt'"], ["d"]
    ),
  ]

  @Test(arguments: texts) func `requirements stand under their headings`(
    _ text: String, _ requirements: [String], _ extras: [String]
  ) throws {
    let found = try EggInfo.requirements(text)
    #expect(found.all.map(\.description) == requirements)
    #expect(found.extras.map(\.description) == extras)
  }

  @Test(arguments: ["[a", "[a:b c]\nd\n", "a b\n", "[?]\na\n"]) func `what can't be read is not believed`(
    _ text: String
  ) {
    #expect(EggInfo(metadata: nil, requires: Array(text.utf8)).requirements == nil)
  }
}
