import Host
import Testing

/// The images of this repository, as they are committed.
@Suite(.serialized) struct GeneratedFilesTests {
  static let folders: [String] = {
    let images = Path.normalize(Path.join(#filePath, "../../../images"))
    return ((try? Files.list(images)) ?? []).sorted().map { Path.join(images, $0) }.filter(Files.isDirectory)
  }()

  @Test func `there are images`() { #expect(Self.folders.count >= 3) }

  @Test(arguments: folders)
  func `the committed files are what the lock amounts to`(_ folder: String) async throws {
    let fixture = try ProgramFixture()
    #expect(try await fixture.run("generate", folder, "--check") == ProgramFixture.Outcome(0))
  }

  @Test(arguments: folders) func `a file that was edited by hand is found`(_ folder: String) async throws {
    var files: [String: String] = [:]
    let names = ["image.yaml", "drydock.lock", "Dockerfile", "requirements.txt"]
    for name in names where Files.exists("\(folder)/\(name)") {
      files["image/\(name)"] = try Files.text("\(folder)/\(name)")
    }
    files["image/Dockerfile", default: ""] += "# edited\n"
    let fixture = try ProgramFixture(files)
    #expect(
      try await fixture.run("generate", "image", "--check")
        == ProgramFixture.Outcome(1, output: "image/Dockerfile: stale, run 'drydock generate image'\n"))
    #expect(try await fixture.run("generate", "image").status == 0)
    #expect(try Files.text("\(fixture.work)/image/Dockerfile") == Files.text("\(folder)/Dockerfile"))
  }
}
