import ArgumentParser
import Building
import Dockerfiles
import Host
import JSON
import OCI
import Packages
import Resolution

/// `drydock export`: writes the pins of a lock in the form that something else takes.
struct Export: Command {
  static let configuration = CommandConfiguration(
    abstract: "Write the pins of an image in the form that something else takes.",
    discussion: """
      --requirements needs no network. --pylock names each file with its address in the index that this machine is \
      configured with.

      EXAMPLES
        drydock export images/spark-athena --requirements -o requirements.txt
        drydock export images/spark-athena --pylock -o pylock.toml
      """)

  /// Says what is written.
  enum Form: String, EnumerableFlag {
    case pylock
    case requirements

    static func help(for value: Form) -> ArgumentHelp? {
      switch value {
      case .pylock: "A pylock.toml (PEP 751)."
      case .requirements: "A requirements.txt with hashes."
      }
    }
  }

  @Argument(help: "A folder with an image.yaml and a drydock.lock.")
  var image: String

  @Flag var form: Form

  @Option(
    name: [.customShort("o"), .long], help: ArgumentHelp("Write it here, not to standard output.", valueName: "file"))
  var outputFile: String?

  @OptionGroup var sources: PythonSourceOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let folder = try ImageFolder(image)
    let lock = try folder.lock(for: try folder.spec())
    guard let python = lock.python else {
      throw Failure(.badInput, "\(image) has no Python packages", hint: "add 'python' to its image.yaml")
    }
    let text: String
    switch form {
    case .requirements: text = RequirementsFile(lock: lock).text
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
