import Building
import Dockerfiles
import Host
import Layers
import OCI
import Packages
import Resolution

/// The images of a folder on their way through the stages; what `build`, `test`, `health` and `verify` share.
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
    var repinned: LockChanges?
    /// The plans of all platforms of the lock.
    let plans: ImagePlans

    /// Says which platforms were left aside, so that nobody takes one for all.
    func noteOthers(_ output: any OutputGroup) { plans.noteOthers(than: plan, output) }
  }

  /// The plans of the lock, which must belong to the specification.
  func plans() throws -> ImagePlans {
    let spec = try folder.spec()
    return ImagePlans(spec: spec, lock: try folder.lock(for: spec))
  }

  /// Builds the image of one platform.
  ///
  /// - Parameter runs: Whether programs of it are run when it is built, for which this machine has to be able to.
  func build(
    of platform: Platform? = nil, runs: String? = nil, repinningMissing: Bool = false
  ) async throws -> Result {
    let choice = platform.map { PlatformChoice.named([$0]) } ?? .own
    return try await build(choice, runs: runs, repinningMissing: repinningMissing)[0]
  }

  /// Builds the images of the chosen platforms.
  ///
  /// - Parameters:
  ///   - runs: What programs of the images are run for when they are built, if they are.
  ///   - repinningMissing: Whether a locked file that nobody has any longer is replaced by its successor, with all other pins
  ///     held; otherwise that is an error.
  func build(
    _ choice: PlatformChoice, runs: String? = nil, repinningMissing: Bool = false
  ) async throws -> [Result] {
    let plans: ImagePlans
    if repinningMissing, try folder.lockIfPresent() == nil {
      plans = try await pin(try folder.spec(), previous: nil)
    } else {
      plans = try self.plans()
    }
    let chosen = try choice.plans(of: plans, in: folder)
    if let runs { for plan in chosen { try await workplace.require(plan.spec.platform, for: runs) } }
    do {
      return try await noted(build(chosen, of: plans))
    } catch let missing where repinningMissing && Self.isMissingFile(missing) {
      output.note("warning: \(Failure(missing).message)")
      let moved = try await pin(plans.first.spec, previous: plans.lock)
      let changes = LockChanges(from: plans.lock, to: moved.lock)
      output.note("warning: pins that no source has any longer were resolved anew, all others held:")
      output.note(changes.text(path: folder.file(ImageFolder.lockName)))
      return try await noted(
        build(try choice.plans(of: moved, in: folder), of: moved).map { result in
          var result = result
          result.repinned = changes
          return result
        })
    }
  }

  /// Says what somebody should know of images that were built.
  private func noted(_ results: [Result]) -> [Result] {
    for result in results {
      let place = results.count > 1 ? "\(result.plan.spec.platform): " : ""
      for note in result.built.notes { output.note("note: \(place)\(note)") }
    }
    return results
  }

  /// Gathers what the generated Dockerfile builds from into a new folder: that of one platform, or of all in a folder each.
  func writeContext(of platform: Platform?, to directory: String) async throws -> (files: Int, size: Int) {
    let plans = try plans()
    let choice = platform.map { PlatformChoice.named([$0]) } ?? .all
    let chosen = try choice.plans(of: plans, in: folder)
    let contexts = try await each(chosen, isGathering: true) { try await $0.context() }
    return try await workplace.progress.during("write \(directory)") {
      if contexts.count == 1 { return try await contexts[0].write(to: directory) }
      return try await BuildContext.write(contexts, of: plans, to: directory)
    }
  }

  /// The wheels that packages of a platform's lock are installed from, in the same order.
  func wheels(of packages: [Lock.PythonPackage], in plan: ImagePlan) async throws -> [String] {
    try await builder(plan, nil).wheels(of: packages)
  }

  private func pin(_ spec: Spec, previous: LockFile?) async throws -> ImagePlans {
    let lock = try await workplace.pinner.pin(
      spec, previous: previous, runtime: spec.hasRuntime ? try runtime.anyBinary().inputs : nil, now: Clock.now
    ).lock
    try Files.write(lock.text, to: folder.file(ImageFolder.lockName))
    let plans = ImagePlans(spec: spec, lock: lock)
    let files = GeneratedFiles(plans: plans)
    try files.write(to: folder, try files.stale(in: folder))
    return plans
  }

  /// Builds plans that are not, or not yet, the folder's own.
  func build(_ chosen: [ImagePlan], of plans: ImagePlans) async throws -> [Result] {
    let built = try await each(chosen) { try await $0.build() }
    return zip(chosen, built).map { Result(plan: $0, built: $1, plans: plans) }
  }

  /// Does a piece of work for each plan, after it is known that all of them can be done here.
  private func each<Product>(
    _ plans: [ImagePlan], isGathering: Bool = false, _ work: (ImageBuilder) async throws -> Product
  ) async throws -> [Product] {
    func told<Value>(_ plan: ImagePlan, _ body: () async throws -> Value) async throws -> Value {
      do { return try await body() } catch {
        throw plans.count == 1 ? error : PlatformFailure(platform: plan.spec.platform, cause: error)
      }
    }
    var builders: [ImageBuilder] = []
    for plan in plans {
      builders.append(
        try await told(plan) {
          let binary = plan.spec.hasRuntime ? try runtime.binary(for: plan.spec.platform) : nil
          let builder = try await builder(plan, binary)
          try await builder.requireWhatRuns(isGathering: isGathering)
          return builder
        })
    }
    var products: [Product] = []
    for (plan, builder) in zip(plans, builders) { products.append(try await told(plan) { try await work(builder) }) }
    return products
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
    case let error as PlatformFailure: isMissingFile(error.cause)
    default: false
    }
  }
}
