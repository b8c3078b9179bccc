import Host
import TestSupport
import Testing

/// Lock files of PEP 751, written and read by others.
@Suite(.serialized) struct PylockTests {
  static let wheels = [
    MadeUpWheel("alpha", "1.0", requires: ["beta; sys_platform == 'linux'", "gamma; sys_platform != 'linux'"]),
    MadeUpWheel("beta", "2.0"), MadeUpWheel("gamma", "1.0"),
  ]

  @Test func `the text is the one of the specification`() async throws {
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let fixture = try ProgramFixture(["list.in": "alpha\n"], index: server.origin)
    let outcome = try await fixture.run("pin", "list.in", "--python", "3.11", "--universal", "-o", "pylock.toml")
    #expect(outcome == ProgramFixture.Outcome(0, errors: "pylock.toml: 3 packages\n"))
    func lines(_ wheel: MadeUpWheel, marker: String? = nil) -> String {
      """

      [[packages]]
      name = "\(wheel.name)"
      version = "\(wheel.version)"
      \(marker.map { "marker = \"\($0)\"\n" } ?? "")wheels = [
          { name = "\(wheel.fileName)", url = "\(server.origin)/files/\(wheel.fileName)", \
      size = \(wheel.bytes.count), hashes = { sha256 = "\(wheel.sha256)" } },
      ]

      """
    }
    #expect(
      try Files.text("\(fixture.work)/pylock.toml")
        == "lock-version = \"1.0\"\ncreated-by = \"drydock\"\nrequires-python = \">=3.11\"\n"
        + lines(Self.wheels[0]) + lines(Self.wheels[1], marker: "sys_platform == 'linux'")
        + lines(Self.wheels[2], marker: "sys_platform != 'linux'"))
  }

  @Test func `a name that the specification does not know is refused`() async throws {
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let fixture = try ProgramFixture(["list.in": "alpha\n"], index: server.origin)
    let outcome = try await fixture.run("pin", "list.in", "--python", "3.11", "-o", "lock.toml")
    #expect(outcome.status == 2)
    #expect(outcome.errors.hasPrefix("error: lock.toml is no name of a lock file\nhint: write pylock.toml"))
    #expect(!Files.exists("\(fixture.work)/lock.toml"))
  }
}
