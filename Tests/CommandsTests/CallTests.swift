import Testing

/// What a person types and what comes back, whole.
@Suite(.serialized) struct CallTests {
  typealias Outcome = ProgramFixture.Outcome

  struct Call: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let files: [String: String]
    let errors: String

    init(_ arguments: String, files: [String: String] = [:], errors: String) {
      self.arguments = arguments.split(separator: " ").map(String.init)
      self.files = files
      self.errors = errors
    }

    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test func `help goes to the output and names every subcommand`() async throws {
    let fixture = try ProgramFixture()
    let help = try await fixture.run("--help")
    #expect(help.status == 0)
    #expect(help.errors == "")
    for name in [
      "pin", "generate", "build", "test", "health", "verify", "pull", "push", "copy", "inspect", "diff", "login",
    ] {
      #expect(help.output.contains("\n  \(name) "), "\(name)")
    }
    #expect(help.output.contains("EXIT CODES"))
    #expect(try await fixture.run("pin", "--help").status == 0)
    #expect(try await fixture.run("--version") == Outcome(0, output: "0.1.0\n"))
  }

  static let spec = """
    version: 1
    name: sample
    base:
      image: registry.example.com/team/base:1
    """

  static let calls: [Call] = [
    Call(
      "pin nowhere",
      errors: """
        error: nowhere does not exist
        hint: give a folder with an image.yaml, or a list of requirements

        """),
    Call(
      "build nowhere",
      errors: """
        error: nowhere does not exist
        hint: give a folder that holds an image.yaml

        """),
    Call(
      "generate empty", files: ["empty/README": ""],
      errors: """
        error: empty has no image.yaml
        hint: the images of a repository lie in its folder 'images'

        """),
    Call(
      "test oci:nowhere",
      errors: "error: nowhere is no image: an OCI layout has the files oci-layout and index.json\n"),
  ]

  static let faultySpec = """
    verson: 1
    name: Sample
    base: scratch
    frobnicate: yes
    user:
      naem: me
    """

  static let specsAndLocks: [Call] = [
    Call(
      "generate image", files: ["image/image.yaml": faultySpec],
      errors: """
        error: image/image.yaml:1:1: 'verson' is no key of image.yaml
               image/image.yaml:1:1: 'version' is missing
               image/image.yaml:1:1: the image has no base and no packages
               image/image.yaml:2:7: 'Sample' is no image name: it has only a-z, 0-9, '-' and '.', and starts with a letter
               image/image.yaml:4:1: 'frobnicate' is no key of image.yaml
               image/image.yaml:6:3: 'naem' is no key of user
               image/image.yaml:6:3: 'user' needs 'name'
        hint: did you mean 'version'?
        hint: begin the file with 'version: 1'
        hint: add 'base', 'debian' or 'rpm'
        hint: the keys are version, name, summary, platform, platforms, base, debian, rpm, python, jars, runtime, user, \
        environment, workdir, files, entrypoint, command, healthcheck, labels
        hint: the keys are name, uid, gid, home

        """),
    Call(
      "generate image", files: ["image/image.yaml": spec],
      errors: """
        error: image has no drydock.lock
        hint: run 'drydock pin image'

        """),
    Call(
      "generate image", files: ["image/image.yaml": spec, "image/drydock.lock": "{\n  nothing\n}\n"],
      errors: """
        error: image/drydock.lock:2:3: expected a member's name
        hint: the lock is written by 'drydock pin image'; restore it from version control

        """),
    Call(
      "generate image", files: ["image/image.yaml": spec, "image/drydock.lock": #"{"version": 7}"#],
      errors: """
        error: image/drydock.lock: the lock has the format version 7, this Drydock knows 1 and 2
        hint: the lock is written by 'drydock pin image'; restore it from version control

        """),
    Call(
      "generate image", files: ["image/image.yaml": spec, "image/drydock.lock": staleLock],
      errors: """
        error: image/drydock.lock: the lock of 'sample' was made for another state of image.yaml
        hint: run 'drydock pin image' and look at what changes

        """),
  ]

  /// A lock of a specification with other bytes.
  static let staleLock = """
    {
      "compressor": "gzip", "date": "2024-05-01T12:00:00Z", "name": "sample", "platform": "linux/amd64",
      "spec": "sha256:\(String(repeating: "0", count: 64))", "version": 1
    }
    """

  static let lists: [Call] = [
    Call(
      "pin list.in", files: ["list.in": "alpha\n"],
      errors: """
        error: a list is pinned for one version of Python
        hint: add --python, for example --python 3.10

        """),
    Call(
      "pin list.in --python three", files: ["list.in": "alpha\n"],
      errors: "error: --python: 'three' is not a valid version: expected a number below 2^63 at column 1\n"),
    Call(
      "pin list.in --python 3.11 --platform windows/amd64", files: ["list.in": "alpha\n"],
      errors: """
        error: no wheels can be chosen for windows/amd64
        hint: known are linux/amd64 and linux/arm64

        """),
    Call(
      "pin list.in --python 3.11", files: ["list.in": "# a list\nalpha\nbeta >= 1 <\n"],
      errors: """
        error: list.in:3:11: 'beta >= 1 <' is not a valid requirement: expected a version specifier, \
        ';' and a marker, or the end at column 11

        """),
    Call(
      "pin list.in --python 3.11", files: ["list.in": "alpha\n--index x\n"],
      errors: """
        error: list.in:2:1: the option --index is not known
        hint: pip's documentation of the requirements file format lists those that are

        """),
    Call(
      "pin list.in --python 3.11", files: ["list.in": "alpha\n-r more/other.in\n", "more/other.in": "\n-c none.in"],
      errors: "error: more/other.in:2:1: cannot open more/none.in: No such file or directory\n"),
    Call(
      "pin list.in --python 3.11", files: ["list.in": "-r list.in\n"],
      errors: "error: list.in:1:1: lists include each other more than 16 deep\n"),
  ]

  @Test(arguments: calls + specsAndLocks + lists) func `a wrong call`(_ call: Call) async throws {
    let outcome = try await ProgramFixture(call.files).run(call.arguments)
    #expect(outcome == Outcome(2, errors: call.errors))
  }

  @Test(arguments: [["frobnicate"], ["pin", "--frobnicate", "x"], ["pin"], ["pin", "x", "--format", "yaml"]])
  func `what the parser refuses is a wrong call`(_ arguments: [String]) async throws {
    let outcome = try await ProgramFixture().run(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("Error: "))
    #expect(outcome.errors.contains("Usage: drydock"))
  }
}
