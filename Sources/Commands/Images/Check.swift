import ArgumentParser
import Building
import Dockerfiles
import Findings
import Host
import Images
import OCI
import Packages
import Registry
import Resolution
import Verification
import Versions

/// `drydock check`: holds an image's specification, lock, sources and content against each other.
struct Check: Command {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Hold specification, lock, upstream and image against each other.",
    discussion: """
      Finds a stale lock and stale generated files; pins that are newer, withdrawn, gone or changed upstream; a base whose
      tag moved; and what in a built image differs from the lock. Each finding names the command that mends it.

      EXAMPLES
        drydock check images/spark-athena
        drydock check images/spark-athena --offline --image oci:out/spark-athena
        drydock check images/spark-athena --fail-on high --format sarif -o check.sarif
        drydock check oci-archive:spark.tar --offline     an image against the lock that it carries
      """)

  @Argument(
    help:
      "A folder with an image.yaml; or an image that carries its lock: oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE."
  )
  var image: String

  @Option(
    name: .customLong("image"),
    help: ArgumentHelp("Also look into this image for what differs from the lock.", valueName: "image"))
  var built: String?

  @Flag(help: "Use no network: leave out what only an index, a mirror or a registry knows.")
  var offline = false

  @OptionGroup var platform: PlatformOptions
  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: FindingOptions

  func execute(_ progress: ProgressLine) async throws {
    let workplace = try Workplace(progress: progress.progress, alwaysAsks: true)
    let report =
      try await Files.isDirectory(image) || !image.contains(":") ? folderReport(workplace) : imageReport(workplace)
    progress.clear()
    try output.finish(report)
  }

  // MARK: A folder

  private func folderReport(_ workplace: Workplace) async throws -> FindingReport {
    let folder = try ImageFolder(image)
    let spec = try folder.spec()
    var rules = LockRule.local
    guard let lock = try folder.lockIfPresent() else {
      let missing = Finding(
        LockRule.missing, at: Finding.Place(folder.file(ImageFolder.specName)), subject: spec.name,
        "\(folder.path) has no \(ImageFolder.lockName)", hint: "drydock pin \(folder.path)")
      return FindingReport(subject: folder.path, rules: [LockRule.missing], findings: [missing])
    }
    let places = PinPlaces(
      lockPath: folder.file(ImageFolder.lockName), lockText: lock.text, specPath: folder.file(ImageFolder.specName),
      specText: try Files.text(folder.file(ImageFolder.specName)))
    var lists = lock.locks.map {
      LocalCheck.findings(spec.on($0.platform), $0, places: places, folder: folder.path)
    }
    if !offline {
      rules += LockRule.upstream + (lock.first.base == nil ? [] : LockRule.base)
      for (number, lock) in lock.locks.enumerated() {
        let check = UpstreamCheck(
          workplace: workplace, spec: spec.on(lock.platform), lock: lock, places: places, folder: folder.path)
        lists[number] += try await check.findings()
      }
    }
    var findings = PlatformFindings.joined(lists, of: lock.platforms)
    findings += try staleFiles(spec, lock, folder)
    findings += staleRuntime(spec, lock, places, folder)
    if let built {
      rules += LockRule.image
      let subject = try await ImageSubject(
        built, of: platform.named, workplace: workplace, runtime: runtime, output: output)
      let own = subject.image.config.platform
      guard
        let fitting = lock.locks.first(where: {
          ($0.platform.os, $0.platform.architecture) == (own.os, own.architecture)
        })
      else {
        throw Failure(.badInput, "\(built): \(LockError.noPlatform(own, has: lock.platforms))")
      }
      findings += try await drift(of: subject, fitting, at: places.lock, folder: folder.path, workplace)
    }
    return FindingReport(subject: folder.path, rules: rules, findings: findings)
  }

  private func staleFiles(_ spec: Spec, _ lock: LockFile, _ folder: ImageFolder) throws -> [Finding] {
    guard (try? lock.check(against: spec)) != nil else { return [] }
    return try GeneratedFiles(plans: ImagePlans(spec: spec, lock: lock)).stale(in: folder).map { path in
      Finding(
        LockRule.generated, at: Finding.Place(path),
        Files.exists(path) ? "\(path) is not what the lock amounts to" : "\(path) is missing",
        hint: "drydock generate \(folder.path)")
    }
  }

  /// A machine without the runtime can't say whether it is the locked one.
  private func staleRuntime(_ spec: Spec, _ lock: LockFile, _ places: PinPlaces, _ folder: ImageFolder) -> [Finding] {
    guard spec.hasRuntime, let binary = try? runtime.anyBinary(), binary.inputs != lock.first.runtime else { return [] }
    return [
      Finding(
        LockRule.runtime, at: places.lock, subject: "glue-athena",
        RuntimeBinary.Failure.stale(locked: lock.first.runtime, found: binary.inputs).description,
        hint: "make runtime, or drydock pin \(folder.path)")
    ]
  }

  // MARK: An image

  private func imageReport(_ workplace: Workplace) async throws -> FindingReport {
    if built != nil { throw Failure(.badInput, "--image belongs to a folder, and \(image) is an image itself") }
    let subject = try await ImageSubject(
      image, of: platform.named, workplace: workplace, runtime: runtime, output: output)
    guard let lock = ImageDrift.carriedLock(subject.root) else {
      throw Failure(
        .badInput, "\(image) carries no lock", hint: "name its folder too: drydock check FOLDER --image \(image)")
    }
    let findings = try await drift(
      of: subject, lock, at: Finding.Place(String(Runtime.lockPath.dropFirst())), folder: "FOLDER", workplace)
    return FindingReport(subject: image, rules: LockRule.image, findings: findings)
  }

  private func drift(
    of subject: ImageSubject, _ lock: Lock, at place: Finding.Place, folder: String, _ workplace: Workplace
  ) async throws -> [Finding] {
    let versions = ImageDrift.findings(subject.root, lock: lock, place: place, folder: folder)
    let changes = try await workplace.progress.during("compare the files of packages") {
      try await ContentDrift.changes(
        in: subject.image, unpacked: subject.root.path, of: lock, cache: workplace.cache)
    }
    return versions
      + changes.map { change in
        Finding(
          LockRule.changedFile, at: place, subject: "\(change.kind)/\(change.package)",
          "/\(change.path) of \(change.package) \(change.isMissing ? "is missing" : "has other content than the package's")",
          hint: "drydock build \(folder) makes the image of the lock; to keep the change, put it into image.yaml")
      }
  }
}
