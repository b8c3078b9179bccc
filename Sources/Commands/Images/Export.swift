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
    abstract: "Write the pins of an image in the form that something else takes.",
    discussion: """
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

  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var sources: PythonSourceOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let folder = try ImageFolder(image)
    let spec = try folder.spec()
    let lock = try folder.lock(for: spec)
    if form == .glue {
      try await exportForGlue(folder, spec, lock, progress)
      return
    }
    guard let python = lock.python else {
      throw Failure(.badInput, "\(image) has no Python packages", hint: "add 'python' to its image.yaml")
    }
    let text: String
    switch form {
    case .requirements, .glue: text = RequirementsFile(lock: lock).text
    case .pylock: text = try await pylock(python, progress).text
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
    output.note("\(outputFile): \(python.packages.count) packages")
  }

  private func pylock(_ python: Lock.Python, _ progress: ProgressLine) async throws -> PylockFile {
    let workplace = try Workplace(
      progress: progress.progress, sources: sources.sources, strategy: sources.indexStrategy)
    let store = workplace.store
    let packages = try await withThrowingTaskGroup(of: PylockFile.Package.self) { group in
      for package in python.packages {
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
    return PylockFile(requiresPython: ">=\(python.version)", packages: packages)
  }
}
