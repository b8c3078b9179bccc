public import OCI

/// What is to hold of an image: the content of `tests.yaml`.
///
/// A file for container-structure-test (its schemas 1.0.0 and 2.0.0) is read as it is; what Drydock adds has keys of its
/// own: `versions`, `utilities`, `imports` and `scripts`, and in a command test `timeout` and `services`.
public struct TestSpecification: Sendable, Hashable {
  /// Variables set for every command, `$NAME` in them replaced by the image's value.
  public var environment: [Variable] = []
  /// How commands are run where that differs from the image.
  public var runOptions = RunOptions()
  /// Whether the installed packages are compared with the lock.
  public var comparesVersions = false
  /// Whether each utility that the lock holds is put to its smoke test.
  public var triesUtilities = false
  /// Python modules that must be importable.
  public var imports: [String] = []
  /// Commands and what they must answer.
  public var commands: [CommandTest] = []
  /// Files that must exist or not.
  public var files: [FileExistenceTest] = []
  /// Files that must hold or not hold some text.
  public var contents: [FileContentTest] = []
  /// What the configuration must say.
  public var metadata: MetadataTest?
  /// Licences that must not occur.
  public var licenses: [LicenseTest] = []
  /// Python programs that check and report for themselves.
  public var scripts: [ScriptTest] = []

  /// Asks for nothing.
  public init() {}

  /// A variable's name and value.
  public struct Variable: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The value.
    public let value: String
  }

  /// How commands are run (`containerRunOptions`).
  public struct RunOptions: Sendable, Hashable {
    /// The user in place of the image's.
    public var user: String?
    /// Whether a superuser has all capabilities of the sandbox.
    public var isPrivileged = false
    /// A file of variables, relative to the folder of `tests.yaml`.
    public var environmentFile: String?
    /// Variables taken over from the caller's environment when they are set there.
    public var inherited: [String] = []
    /// Capabilities of a superuser beyond the usual ones, by name.
    public var capabilities: [String] = []
    /// Directories and files of the host.
    public var binds: [Bind] = []
  }

  /// A directory or file of the host that commands see.
  public struct Bind: Sendable, Hashable {
    /// The path outside.
    public let source: String
    /// The path inside.
    public let target: String
    /// Whether it may be changed.
    public let isWritable: Bool
  }
}

/// A command and what it must answer.
public struct CommandTest: Sendable, Hashable {
  /// The test's name.
  public let name: String
  /// Commands before it.
  public let setup: [[String]]
  /// Commands after it.
  public let teardown: [[String]]
  /// The command with its arguments.
  public let command: [String]
  /// Variables besides the specification's.
  public let environment: [TestSpecification.Variable]
  /// What must and must not be in standard output.
  public let output: Expectation
  /// What must and must not be in standard error.
  public let errors: Expectation
  /// The exit code.
  public let exitCode: Int
  /// After this time it has failed.
  public let timeout: Duration
  /// What must be running beside it.
  public let services: [TestService]
}

/// Patterns that a text must and must not match.
public struct Expectation: Sendable, Hashable {
  /// Patterns that must be found.
  public let expected: [Pattern]
  /// Patterns that must not be found.
  public let excluded: [Pattern]
}

/// A file that must exist or not.
public struct FileExistenceTest: Sendable, Hashable {
  /// Who must be able to execute a file.
  public enum Executor: String, Sendable, Hashable, CaseIterable {
    /// Its owner.
    case owner
    /// Its group.
    case group
    /// Everybody else.
    case other
    /// Any of them.
    case any
  }

  /// The test's name.
  public let name: String
  /// The file.
  public let path: String
  /// Whether it must exist.
  public let shouldExist: Bool
  /// Its type and permissions, as `ls` or Go writes them.
  public let permissions: String?
  /// Its owner.
  public let uid: Int?
  /// Its group.
  public let gid: Int?
  /// Who must be able to execute it.
  public let executableBy: Executor?
}

/// A file that must hold or not hold some text.
public struct FileContentTest: Sendable, Hashable {
  /// The test's name.
  public let name: String
  /// The file.
  public let path: String
  /// What must and must not be in it.
  public let contents: Expectation
}

/// What the image's configuration must say; nil where nothing is asked.
public struct MetadataTest: Sendable, Hashable {
  /// A name with the value it must have.
  public struct Entry: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The value.
    public let value: Value
  }

  /// What a value is compared with.
  public enum Value: Sendable, Hashable {
    /// The text itself.
    case text(String)
    /// A pattern.
    case pattern(Pattern)
  }

  /// Variables that must be set.
  public var environment: [Entry] = []
  /// Variables that must not be set.
  public var unboundVariables: [String] = []
  /// Labels that must be set.
  public var labels: [Entry] = []
  /// The entrypoint.
  public var entrypoint: [String]?
  /// The command.
  public var command: [String]?
  /// Ports that must be exposed.
  public var exposedPorts: [String] = []
  /// Ports that must not be exposed.
  public var unexposedPorts: [String] = []
  /// Volumes that there must be.
  public var volumes: [String] = []
  /// Directories that must be no volumes.
  public var unmountedVolumes: [String] = []
  /// The directory to start in.
  public var workingDirectory: String?
  /// The user.
  public var user: String?
  /// The health check, an addition of Drydock's.
  public var healthcheck: Healthcheck.Test?
}

/// Copyright files that must not name licences that forbid or allow too much.
public struct LicenseTest: Sendable, Hashable {
  /// Whether those of all Debian packages are read.
  public let readsDebian: Bool
  /// Further files.
  public let files: [String]
}

/// A Python program beside `tests.yaml` that checks inside of the image.
///
/// It prints a line of JSON for each check, `{"check": "…", "ok": true, "seconds": 0.5, "detail": "…"}`, so that many
/// checks share the seconds that a Spark session takes to start.
public struct ScriptTest: Sendable, Hashable {
  /// The test's name.
  public let name: String
  /// The program, relative to the folder of `tests.yaml`.
  public let file: String
  /// Its arguments.
  public let arguments: [String]
  /// Variables besides the specification's.
  public let environment: [TestSpecification.Variable]
  /// After this time it has failed.
  public let timeout: Duration
  /// What must be running beside it.
  public let services: [TestService]
}

/// A server that tests use, started in the image's network from packages that only tests need.
public enum TestService: String, Sendable, Hashable, CaseIterable {
  /// A stand-in of the AWS services.
  case moto
}
