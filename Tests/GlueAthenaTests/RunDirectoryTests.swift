import Host
import Testing

@testable import GlueAthena

/// A run's own files lie where Spark and all programs of the job can work with them.
@Suite struct `The directory of a run` {
  @Test func `a relative place is one of the current directory`() {
    let container = Container(root: "", environment: ["TMPDIR": "build/tmp"])
    #expect(container.temporaryDirectory == Path.absolute("build/tmp"))
    #expect(Container(root: "", environment: ["TMPDIR": ""]).temporaryDirectory == "/tmp")
  }

  @Test(arguments: ["with space", "per%20cent", "num#ber", "com,ma", "quo'te", "back\\slash", "dollar$HOME"])
  func `a name that Spark can't work with is left for the home directory`(name: String) throws {
    let directory = try TemporaryDirectory()
    let odd = "\(directory.path)/\(name)"
    try Files.createDirectory(odd)
    let place = RunDirectory.parent(
      in: Container(root: "", environment: ["TMPDIR": odd, "HOME": directory.path]))
    #expect(place.path == directory.path)
    #expect(place.reason == "\(odd) has a name that Spark can't work with")
  }

  @Test(arguments: ["plain", "a-b_c.d~e+f=g@h:i", "über"])
  func `any other name will do`(name: String) throws {
    let directory = try TemporaryDirectory()
    let usual = "\(directory.path)/\(name)"
    try Files.createDirectory(usual)
    let place = RunDirectory.parent(
      in: Container(root: "", environment: ["TMPDIR": usual, "HOME": directory.path]))
    #expect(place.path == usual)
  }
}
