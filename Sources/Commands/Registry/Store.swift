import ArgumentParser
import Host
import Images
import JSON
import OCI

/// `drydock store`: looks after the content that is kept on this machine.
struct Store: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract: "Look after the content that is kept on this machine.",
    subcommands: [StoreList.self, StoreCollect.self, StoreCheck.self])
}

/// `drydock store ls`: names the images in the store.
struct StoreList: Command {
  static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the images in the store.")

  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let entries = try RegistryOptions.store().entries()
    var table = Table(["digest", "name"])
    for entry in entries { table.add(entry.descriptor.digest.short, entry.name) }
    output.print(
      text: table.text,
      json: .array(
        entries.map {
          .object(["digest": .string($0.descriptor.digest.description), "name": .string($0.name)])
        }))
  }
}

/// `drydock store gc`: removes what no image needs.
struct StoreCollect: Command {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Remove content that no named image needs and that is not new.",
    discussion: """
      EXAMPLES
        drydock store gc
        drydock store gc --forget docker.io/library/debian:12 --days 0
      """)

  @Option(help: ArgumentHelp("Keep what is younger than this many days.", valueName: "days"))
  var days = 7

  @Option(help: ArgumentHelp("Forget the image of this name first; may be repeated.", valueName: "name"))
  var forget: [String] = []

  @Flag(help: "Remove nothing; only say what would be removed.")
  var dryRun = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (0...36_500).contains(days) else { throw ValidationError("--days is a number from 0 to 36500") }
  }

  func execute(_ progress: ProgressLine) async throws {
    let store = try RegistryOptions.store()
    for name in forget where try !store.forget(name) { throw Failure(.badInput, "the store has no image '\(name)'") }
    let (age, isTrial) = (days * 86_400, dryRun)
    let found = try await BlockingPool.run { () throws(ImageError) in
      try store.collectGarbage(olderThan: age, now: Clock.now, isTrial: isTrial)
    }
    guard let found else {
      throw Failure(.machine, "another process is adding to the store", hint: "run it again when that has ended")
    }
    output.print(
      text: "\(isTrial ? "would remove" : "removed") \(found.files) files, \(ByteCount.text(found.bytes))\n",
      json: .object(["bytes": .integer(found.bytes), "files": .integer(found.files)]))
  }
}

/// `drydock store fsck`: checks what is in the store.
struct StoreCheck: Command, EndsSoon {
  static let configuration = CommandConfiguration(
    commandName: "fsck", abstract: "Check all content against its digests, and all images for what they need.")

  @Flag(help: "Remove what is damaged, so that it is fetched again.")
  var repair = false

  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let store = try RegistryOptions.store()
    let repair = repair
    let faults = try await BlockingPool.run { () throws(ImageError) in try store.check(repairs: repair) }
    output.print(
      text: faults.isEmpty ? "the store is sound\n" : faults.map { "\($0)\n" }.joined(),
      json: .object(["faults": .strings(faults.map(\.description))]))
    if !faults.isEmpty { throw Verdict.gateFailed }
  }
}
