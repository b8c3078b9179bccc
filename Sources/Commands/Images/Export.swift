import ArgumentParser
import Building
import Dockerfiles
import Host
import JSON
import OCI
import Packages
import Resolution

/// `drydock export`: writes the pins of a lock in the form that something else takes.
struct Export: Command, NeedsUsers {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the pins of an image in the form that something else takes.",
    discussion: """
      Of a lock for several platforms, --requirements and --pylock are about all of them, with a marker where they differ,
      unless --platform names one.
      --requirements needs no network. --pylock names each file with its address in the index that this machine is \
      configured with.
      Glue never runs an image: --glue gives its jobs the same packages, less those that Glue has in the same version and
      Spark, which it brings itself. With -o DIR also a hashed requirements file and the wheels: a zip of wheels for Glue
      5.0 and newer, single wheels for 4.0.

      EXAMPLES
        drydock export images/spark-athena --requirements -o requirements.txt
        drydock export images/spark-athena --pylock -o pylock.toml
        drydock export images/glue-athena-5.0 --glue
        drydock export images/spark-athena --glue --glue-version 5.0 -o out --s3 s3://bucket/job
      """)

  /// Says what is written.
  enum Form: String, EnumerableFlag {
    case pylock
    case requirements
    case glue

    static func help(for value: Form) -> ArgumentHelp? {
      switch value {
      case .pylock: "A pylock.toml (PEP 751)."
      case .requirements: "A requirements.txt with hashes."
      case .glue: "The arguments of a job of AWS Glue."
      }
    }
  }

  @Argument(help: "A folder with an image.yaml and a drydock.lock.")
  var image: String

  @Flag var form: Form

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Write it here, not to standard output; for Glue a new folder.", valueName: "file"))
  var outputFile: String?

  @Option(
    help: ArgumentHelp(
      "For Glue: the version, 4.0, 5.0 or 5.1 (default: the one that the base is).", valueName: "version"))
  var glueVersion: StarterSpec.GlueVersion?

  @Option(
    name: .customLong("s3"),
    help: ArgumentHelp("For Glue: where the files of -o will lie, for the job's arguments.", valueName: "location"))
  var location: String?

  @OptionGroup var platform: PlatformOptions
  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var sources: PythonSourceOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let folder = try ImageFolder(image)
    let spec = try folder.spec()
    let plans = ImagePlans(spec: spec, lock: try folder.lock(for: spec))
    let chosen = try platform.choice.plans(of: plans, in: folder)[0]
    if form == .glue {
      if platform.platform == nil { plans.noteOthers(than: chosen, output) }
      try await exportForGlue(folder, chosen, progress)
      return
    }
    let lock = try platform.named == nil ? plans.lock : LockFile(chosen.lock)
    guard lock.first.python != nil else {
      throw Failure(.badInput, "\(image) has no Python packages", hint: "add 'python' to its image.yaml")
    }
    let text: String
    switch form {
    case .requirements, .glue: text = RequirementsFile(lock: lock).text
    case .pylock: text = try await pylock(lock, progress).text
    }
    progress.clear()
    guard let outputFile else {
      output.print(text: text, json: .object(["content": .string(text)]))
      return
    }
    if form == .pylock, !ListPin.isPylock(outputFile) {
      throw Failure(.badInput, "\(outputFile) is no name of a lock file", hint: "write pylock.toml or pylock.NAME.toml")
    }
    try Files.write(text, to: outputFile)
    let names = Set(lock.locks.flatMap { $0.python?.packages.map(\.name) ?? [] })
    output.note("\(outputFile): \(names.count) packages")
  }

  private func pylock(_ lock: LockFile, _ progress: ProgressLine) async throws -> PylockFile {
    let workplace = try Workplace(
      progress: progress.progress, sources: sources.sources, strategy: sources.indexStrategy)
    let store = workplace.store
    var files: [PylockFile] = []
    for lock in lock.locks {
      guard let python = lock.python else { continue }
      files.append(
        PylockFile(requiresPython: ">=\(python.version)", packages: try await Self.packages(python.packages, store)))
    }
    return PylockFile(joining: files, of: lock.platforms)
  }

  private static func packages(
    _ packages: [Lock.PythonPackage], _ store: PythonStore
  ) async throws -> [PylockFile.Package] {
    try await withThrowingTaskGroup(of: PylockFile.Package.self) { group in
      for package in packages {
        group.addTask {
          let listed = try await store.listed(package)
          if let found = listed.sha256, found != package.file.digest.hex {
            throw PythonStore.Failure.changed(
              package.name, file: listed.fileName, expected: package.file.digest, found: found)
          }
          return PylockFile.Package(
            name: package.name, version: package.version, requiresPython: listed.requiresPython,
            isDirect: package.address != nil,
            files: [
              PylockFile.File(
                name: package.file.name, url: listed.url, size: package.file.size, digest: package.file.digest)
            ])
        }
      }
      var packages: [PylockFile.Package] = []
      for try await package in group { packages.append(package) }
      return packages
    }
  }
}
