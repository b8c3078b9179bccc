import Building
import Dockerfiles
import Host
import Layers
import Packages
import Resolution

/// One image of a folder on its way through the stages; what `build`, `test`, `health` and `verify` share.
struct ImageBuild {
  let folder: ImageFolder
  let workplace: Workplace
  let runtime: RuntimeOptions
  let output: any OutputGroup
  /// How layers are compressed, if not as the lock says.
  var compression: LayerCompression?

  /// An image that was built, with the plan that it was built from.
  struct Result {
    let plan: ImagePlan
    let built: ImageBuilder.Built
    /// Pins that had to move because no source has the locked file any longer.
    let repinned: LockChanges?
  }

  /// Builds the image of the lock.
  ///
  /// - Parameter repinningMissing: Whether a locked file that nobody has any longer is replaced by its successor, with all
  ///   other pins held; otherwise that is an error.
  func build(repinningMissing: Bool = false) async throws -> Result {
    let spec = try folder.spec()
    let binary = spec.hasRuntime ? try runtime.binary() : nil
    let lock: Lock
    if repinningMissing, try folder.lockIfPresent() == nil {
      lock = try await pin(spec, previous: nil, binary)
    } else {
      lock = try folder.lock(for: spec)
    }
    do {
      return try await noted(build(ImagePlan(spec: spec, lock: lock), binary, repinned: nil))
    } catch let missing where repinningMissing && Self.isMissingFile(missing) {
      output.note("warning: \(Failure(missing).message)")
      let moved = try await pin(spec, previous: lock, binary)
      let changes = LockChanges(from: lock, to: moved)
      output.note("warning: pins that no source has any longer were resolved anew, all others held:")
      output.note(changes.text(path: folder.file(ImageFolder.lockName)))
      return try await noted(build(ImagePlan(spec: spec, lock: moved), binary, repinned: changes))
    }
  }

  /// Says what somebody should know of an image that was built.
  private func noted(_ result: Result) -> Result {
    for note in result.built.notes { output.note("note: \(note)") }
    return result
  }

  /// What the generated Dockerfile of the lock builds from.
  func context() async throws -> BuildContext {
    let spec = try folder.spec()
    let binary = spec.hasRuntime ? try runtime.binary() : nil
    return try await builder(ImagePlan(spec: spec, lock: try folder.lock(for: spec)), binary).context()
  }

  /// The wheels that packages of the lock are installed from, in the same order.
  func wheels(of packages: [Lock.PythonPackage]) async throws -> [String] {
    let spec = try folder.spec()
    let plan = ImagePlan(spec: spec, lock: try folder.lock(for: spec))
    return try await builder(plan, nil).wheels(of: packages)
  }

  private func pin(_ spec: Spec, previous: Lock?, _ binary: RuntimeBinary?) async throws -> Lock {
    let lock = try await workplace.pinner.pin(spec, previous: previous, runtime: binary?.inputs, now: Clock.now).lock
    try Files.write(lock.text, to: folder.file(ImageFolder.lockName))
    let files = GeneratedFiles(plan: ImagePlan(spec: spec, lock: lock))
    try files.write(to: folder, try files.stale(in: folder))
    return lock
  }

  /// Builds a plan that is not, or not yet, the folder's own.
  func build(
    _ plan: ImagePlan, _ binary: RuntimeBinary?, repinned: LockChanges? = nil
  ) async throws -> Result {
    Result(plan: plan, built: try await builder(plan, binary).build(), repinned: repinned)
  }

  private func builder(_ plan: ImagePlan, _ binary: RuntimeBinary?) async throws -> ImageBuilder {
    if let vendor = runtime.vendor {
      try await VendoredFolder(vendor, cache: workplace.cache, progress: workplace.progress).bringIntoCache(
        plan.lock, try workplace.sources(of: plan.lock), bases: workplace.bases)
    }
    return ImageBuilder(
      plan: plan, folder: folder.path, runtime: binary,
      archive: plan.lock.debian == nil ? nil : try workplace.archive(),
      rpm: plan.lock.rpm == nil ? nil : try workplace.rpmRepositories(),
      maven: plan.lock.jars == nil ? nil : try workplace.mavenRepositories(), bases: workplace.bases,
      pythonStore: workplace.store, cache: workplace.cache, progress: workplace.progress, compression: compression)
  }

  private static func isMissingFile(_ error: any Error) -> Bool {
    switch error {
    case DebianError.vanished, DebianRootError.package(.vanished), PythonStore.Failure.vanished: true
    default: false
    }
  }
}
