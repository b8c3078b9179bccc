import ArgumentParser
import Building
import Dockerfiles
import HTTP
import Host
import JSON
import OCI
import Packages
import Registry
import Resolution
import Versions

/// Options and work of `drydock pin` for a Dockerfile that people have already.
struct DockerfilePinOptions: ParsableArguments {
  @Flag(help: "For a Dockerfile: print the changes as a patch and write nothing.")
  var diff = false

  @Option(
    help: ArgumentHelp(
      "For a Dockerfile: the Debian release that its packages come from, where the base's name does not say it.",
      valueName: "codename"))
  var suite: String?

  @Option(
    name: .customLong("rpm-repo"),
    help: ArgumentHelp(
      "For a Dockerfile: a repository of RPM packages that counts instead of this machine's; can be repeated.",
      valueName: "url"))
  var rpmRepositories: [String] = []

  @Option(
    name: .customLong("rpm-release"),
    help: ArgumentHelp(
      "For a Dockerfile: the release of the RPM distribution ($releasever), where the base's name does not say it.",
      valueName: "version"))
  var rpmRelease: String?

  /// Whether a file's name is one of a Dockerfile.
  static func isDockerfile(_ path: String) -> Bool {
    let name = Path.name(path).lowercased()
    return ["dockerfile", "containerfile"].contains {
      name == $0 || name.hasPrefix("\($0).") || name.hasSuffix(".\($0)")
    }
  }

  /// Pins a Dockerfile in its place, or prints what would change.
  func pin(_ path: String, list: RequirementListOptions, workplace: Workplace, output: OutputOptions) async throws {
    let bytes = try Failure.reading(path) { path throws(SystemError) in try Files.read(path, limit: 1 << 22) }
    let file: Dockerfile
    do { file = try Dockerfile(parsing: bytes) } catch {
      throw Failure(.badInput, "\(path):\(error.position): \(error.message)", hint: error.hint)
    }
    let pinning = DockerfilePinning(file)
    var notes = pinning.notes.map { "\(path):\($0.position): \($0.text)" }
    var answers = DockerfilePinning.Answers()
    answers.images = try await digests(of: pinning.images, workplace)
    answers.packages = try await versions(for: pinning.systemInstalls, path: path, workplace, &notes)
    let lists = try await requirements(for: pinning.pythonInstalls, path: path, list, workplace, &notes)
    for (position, list) in lists { answers.requirements[position] = list.name }
    for address in pinning.addresses { answers.addresses[address] = try await digest(of: address, workplace) }
    let pinned = pinning.pinned(with: answers)
    let text = String(decoding: pinned, as: UTF8.self)
    let patch = UnifiedDiff(from: String(decoding: bytes, as: UTF8.self), to: text, name: path).text
    if !diff {
      for (_, list) in lists { try Files.write(list.text, to: Path.join(Path.parent(path) ?? ".", list.name)) }
      if pinned != bytes { try Files.write(pinned, to: path) }
    }
    for note in notes { output.note("note: \(note)") }
    output.print(
      text: diff ? patch : patch.isEmpty ? "\(path): unchanged\n" : "\(path): pinned\n",
      json: .object([
        "path": .string(path), "changed": .bool(pinned != bytes), "patch": .string(patch),
        "files": .strings(diff ? [] : lists.map(\.1.name).sorted()), "notes": .strings(notes),
      ]))
  }

  // MARK: Images and addresses

  private func digests(of images: [String], _ workplace: Workplace) async throws -> [String: Digest] {
    var digests: [String: Digest] = [:]
    for image in images {
      let reference = try Reference(argument: image)
      digests[image] = try await workplace.progress.during("ask for \(image)") {
        try await workplace.copier().manifest(of: .registry(reference)).descriptor.digest
      }
    }
    return digests
  }

  /// The digest of what an address serves, of which nothing is kept.
  private func digest(of address: String, _ workplace: Workplace) async throws -> Digest {
    let workspace = try workplace.cache.workspace()
    return try await workplace.progress.during("download \(address)") {
      let url = try Failure.argument("ADD") { () throws(HTTPURL.ParseError) in try HTTPURL(parsing: address) }
      return try await HTTPClient(configuration: workplace.httpConfiguration).download(
        HTTPRequest(.get, url), to: "\(workspace.path)/file", expecting: nil, progress: nil
      ).digest
    }
  }

  // MARK: Debian and RPM

  private func versions(
    for installs: [DockerfilePinning.SystemInstall], path: String, _ workplace: Workplace, _ notes: inout [String]
  ) async throws -> [SourcePosition: [String: String]] {
    var versions: [SourcePosition: [String: String]] = [:]
    var debian: [String: DebianUniverse] = [:]
    var rpm: [String: RPMUniverse] = [:]
    for install in installs {
      let place = "\(path):\(install.position)"
      let find: (String) throws -> String?
      let release: String
      switch install.tool {
      case .apt:
        guard let codename = suite ?? install.base.flatMap({ BaseGuess($0).codename }) else {
          notes.append("\(place): the base does not say its Debian release; name it with --suite")
          continue
        }
        if debian[codename] == nil { debian[codename] = try await universe(ofDebian: codename, workplace) }
        // `name:arch` has the version of the name.
        find = { package in
          let name = package.split(separator: ":").first.map(String.init) ?? package
          return try debian[codename]?.versions(of: name).first?.version.description
        }
        release = codename
      case .rpm:
        let named = rpmRelease ?? install.base.flatMap { BaseGuess($0).release }
        // Addresses that were given may do without.
        guard let named = named ?? (rpmRepositories.isEmpty ? nil : "") else {
          notes.append("\(place): the base does not say its release; name it with --rpm-release, or --rpm-repo URL")
          continue
        }
        if rpm[named] == nil { rpm[named] = try await universe(ofRPM: named, workplace) }
        find = { package in
          let version = rpm[named]?.versions(of: RPMName(package).name).first?.version
          return version.map { "\($0.version)\($0.release.map { "-\($0)" } ?? "")" }
        }
        release = named.isEmpty ? "the given repository" : named
      }
      for package in install.packages {
        if let version = try find(package) {
          versions[install.position, default: [:]][package] = version
        } else {
          notes.append("\(place): \(release) has no package '\(package)'")
        }
      }
    }
    return versions
  }

  private func universe(ofDebian codename: String, _ workplace: Workplace) async throws -> DebianUniverse {
    try await workplace.progress.during("read the indexes of \(codename)") {
      try await workplace.archive().universe(
        suites: DebianArchive.suites(ofRelease: codename), architecture: "amd64")
    }
  }

  private func universe(ofRPM release: String, _ workplace: Workplace) async throws -> RPMUniverse {
    try await workplace.progress.during("read the indexes of RPM packages") {
      try await workplace.rpmRepositories(at: rpmRepositories).universe(
        RPMRepositories.Request(release: release, architecture: "x86_64"))
    }
  }

  // MARK: Python

  private typealias PinnedList = (name: String, text: String)

  private func requirements(
    for installs: [DockerfilePinning.PythonInstall], path: String, _ list: RequirementListOptions,
    _ workplace: Workplace, _ notes: inout [String]
  ) async throws -> [(SourcePosition, PinnedList)] {
    var lists: [(SourcePosition, PinnedList)] = []
    for install in installs {
      let place = "\(path):\(install.position)"
      let guess = install.base.map(BaseGuess.init)
      let release = guess?.glue.flatMap { version in GlueRelease.all.first { $0.version == version } }
      let named = try list.python.map { text in
        try Failure.argument("--python") { () throws(VersionNotationError) in try PEP440Version(parsing: text) }
      }
      guard let python = named ?? guess?.python ?? release?.python else {
        notes.append("\(place): the base does not say its version of Python; name it with --python")
        continue
      }
      guard let wanted = try wanted(by: install, path: path, place: place, &notes) else { continue }
      // Without a word on the C library the oldest that is still common is the safe one.
      let glibc = guess?.glibc ?? release?.glibc ?? PEP440Version(release: 2, 28)
      let file = try await HashedRequirements(
        requirements: wanted.requirements, constraints: wanted.constraints,
        platform: PythonPlatform(python: python, glibc: glibc, machine: "x86_64"), kept: release?.packages ?? []
      ).file(
        comment: ["Generated by Drydock:", "  drydock pin \(Path.name(path))"], source: Path.name(path),
        workplace: workplace)
      let number = lists.count
      lists.append((install.position, ("requirements.pinned\(number == 0 ? "" : ".\(number + 1)").txt", file.text)))
    }
    return lists
  }

  /// What a command asks for with its files read; nil when something of it can't be pinned.
  private func wanted(
    by install: DockerfilePinning.PythonInstall, path: String, place: String, _ notes: inout [String]
  ) throws -> (requirements: [Requirement], constraints: [Requirement])? {
    var (requirements, constraints): ([Requirement], [Requirement]) = ([], [])
    for text in install.requirements {
      guard let requirement = try? Requirement(parsing: text), case .versions = requirement.source else {
        notes.append("\(place): '\(text)' is no requirement that can be pinned by hash")
        return nil
      }
      requirements.append(requirement)
    }
    for name in install.files {
      // A file of the image lies in the context under its own name, or below it.
      let folder = Path.parent(path) ?? "."
      let candidates = [
        Path.join(folder, name.hasPrefix("/") ? String(name.dropFirst()) : name), Path.join(folder, Path.name(name)),
      ]
      guard let file = candidates.first(where: Files.isFile) else {
        notes.append("\(place): '\(name)' is not in the folder of \(path)")
        return nil
      }
      let list = try RequirementList(path: file)
      requirements += list.requirements
      constraints += list.constraints
    }
    return (requirements, constraints)
  }
}
