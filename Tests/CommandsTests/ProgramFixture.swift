import Glibc
import Host
import Synchronization
import TestSupport

/// The built program with a folder, a home and a cache of its own, configured for nothing but a given index.
struct ProgramFixture {
  /// How a run ended, with what differs from run to run replaced.
  struct Outcome: Equatable, CustomStringConvertible {
    let status: Int32
    let output: String
    let errors: String

    init(_ status: Int32, output: String = "", errors: String = "") {
      self.status = status
      self.output = output
      self.errors = errors
    }

    var description: String { "exit code \(status)\n--- output\n\(output)--- errors\n\(errors)---" }
  }

  static let program = BuiltProgram.path("drydock")

  private let directory: TemporaryDirectory
  private let index: String
  /// The program that is run.
  var program = Self.program

  /// - Parameters:
  ///   - files: The content of files by path below the folder in which the program runs.
  ///   - index: The origin of the index, by default one that nobody runs.
  init(_ files: [String: String] = [:], index: String = "http://127.0.0.1:9") throws {
    directory = try TemporaryDirectory()
    self.index = index
    for folder in [work, home, cache, "\(directory.path)/tmp"] { try Files.createDirectory(folder) }
    for (path, text) in files {
      if let parent = Path.parent(path) { try Files.createDirectory(Path.join(work, parent)) }
      try Files.write(text, to: Path.join(work, path))
    }
  }

  var work: String { "\(directory.path)/work" }
  var home: String { "\(directory.path)/home" }
  var cache: String { "\(directory.path)/cache" }
  var temporary: String { "\(directory.path)/tmp" }

  private var environment: [String: String] {
    [
      "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": home, "TMPDIR": "\(directory.path)/tmp",
      "DRYDOCK_CACHE": cache, "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "\(index)/simple",
    ]
  }

  /// Runs the program; in front of it, other words may stand.
  func run(_ arguments: [String], under wrapper: [String] = []) async throws -> Outcome {
    let words = wrapper + [program] + arguments
    let result = try await Subprocess(
      words[0], Array(words.dropFirst()), environment: environment, directory: work
    ).run()
    return Outcome(result.status, output: masked(result.text), errors: masked(result.errorText))
  }

  func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

  /// Runs the program and sends it a signal as soon as a condition holds.
  func runKilled(
    _ arguments: [String], by signal: Int32 = SIGKILL, as means: OrdinaryUser.Means? = nil,
    when condition: @Sendable () -> Bool
  ) async throws -> Outcome {
    let pidFile = "\(directory.path)/pid"
    let user = try means.map { try OrdinaryUser.wrapper($0, in: directory.path) } ?? []
    async let outcome = run(arguments, under: ["/bin/sh", "-c", "echo $$ > \(pidFile); exec \"$@\"", "sh"] + user)
    // Enough for the busiest machine; a run that ends by itself before makes the comparison of its outcome fail.
    for _ in 0..<6000 {
      if condition() { break }
      try await Task.sleep(for: .milliseconds(10))
    }
    let text = try Files.text(pidFile).split(separator: "\n").first ?? ""
    if let process = pid_t(text), process > 1 { kill(process, signal) }
    return try await outcome
  }

  /// Runs the program and kills it, but no process that it started, after a time.
  ///
  /// Another process counts the time: the threads of a test may be busy for as long as a whole run takes.
  func runKilled(
    _ arguments: [String], as means: OrdinaryUser.Means?, after time: Duration
  ) async throws -> Outcome {
    let user = try means.map { try OrdinaryUser.wrapper($0, in: directory.path) } ?? []
    let seconds = "\(Double(time.components.attoseconds) / 1e18 + Double(time.components.seconds))"
    return try await run(arguments, under: ["timeout", "--foreground", "--signal=KILL", seconds] + user)
  }

  /// Runs the program to its end, as root or as an ordinary user.
  func run(_ arguments: [String], as means: OrdinaryUser.Means?) async throws -> Outcome {
    guard let means else { return try await run(arguments) }
    return try await run(arguments, under: try OrdinaryUser.wrapper(means, in: directory.path))
  }

  /// What is mounted below the fixture's folder on this machine, or from there.
  func mounts() throws -> [Substring] {
    try Files.text("/proc/self/mountinfo").split(separator: "\n").filter { $0.contains(directory.path) }
  }

  /// The paths of all files of the cache, below it.
  func cachedFiles() throws -> [String] {
    var (found, open): ([String], [String]) = ([], [""])
    while let folder = open.popLast() {
      for name in try Files.list(Path.join(cache, folder)) {
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        if Files.isDirectory("\(cache)/\(path)") { open.append(path) } else { found.append(path) }
      }
    }
    return found.sorted()
  }

  /// Copies programs of this machine into a folder, at their places, with the libraries that they load; `/bin/sh` is busybox.
  func addPrograms(_ names: [String], to folder: String) async throws {
    let root = "\(work)/\(folder)"
    for name in names {
      guard let program = Environment.program(name) else { throw SystemError("find the program", name, code: ENOENT) }
      // A program without libraries is none to `ldd`.
      let libraries = try await Subprocess("ldd", [program]).run().text.split(whereSeparator: \.isWhitespace)
      for path in [program] + libraries.filter({ $0.hasPrefix("/") }).map(String.init) {
        try await copy(path, to: root + path)
      }
      if name == "busybox" {
        for place in ["/bin/busybox", "/bin/sh"] { try await copy(program, to: root + place) }
      }
    }
  }

  private func copy(_ path: String, to target: String) async throws {
    if Files.exists(target) { return }
    if let parent = Path.parent(target) { try Files.createDirectory(parent) }
    let result = try await Subprocess("cp", ["-L", path, target]).run()
    guard result.status == 0 else { throw SystemError("copy", path, code: EIO) }
  }

  private func masked(_ text: String) -> String {
    text.replacing(index, with: "INDEX").replacing(directory.path, with: "DIR")
  }
}
