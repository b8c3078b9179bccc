import Host
import Resolution
import Testing

@testable import Verification

/// The smoke tests of the utilities; those that are installed here are run by `drydock test` on an image that has them.
struct UtilityTests {
  @Test(arguments: Utility.all.map(\.name)) func `each utility has a program, which Python compiles`(name: String)
    throws
  {
    let program = try #require(UtilityProgram.text(for: name))
    let words = ["-c", "import sys; compile(sys.stdin.read(), 'smoke', 'exec')"]
    let result = try Subprocess("/usr/bin/python3", words).runBlocking(input: Array(program.utf8))
    #expect(result.errorText == "")
  }

  @Test func `a utility that is not there fails its check with the reason`() throws {
    let program = try #require(UtilityProgram.text(for: "duckdb")).replacing("duckdb", with: "no_such_utility")
    let result = try Subprocess("/usr/bin/python3", ["-c", program]).runBlocking()
    #expect(result.text.contains(#""check": "no_such_utility", "ok": false"#))
    #expect(result.text.contains("ModuleNotFoundError"))
  }

  @Test func `there is no program for others`() { #expect(UtilityProgram.text(for: "requests") == nil) }
}
