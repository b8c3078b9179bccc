internal import Dockerfiles
internal import Host
internal import OCI
internal import Packages
internal import Resolution

extension ImageBuilder {
  /// Refuses, before anything is fetched, a runtime that is not the locked one and work that no program here can do.
  ///
  /// - Parameter isGathering: Whether only the files for another builder are wanted.
  public func requireWhatRuns(isGathering: Bool = false) async throws {
    try requireLockedRuntime()
    if plan.lock.base == nil || isGathering { try await requireRoot() }
    // Where the root of packages is there, their programs ran here.
    guard plan.lock.base != nil, let python = plan.lock.python else { return }
    if python.packages.contains(where: { $0.builtWheel != nil }) {
      try await Processor.require(plan.spec.platform, for: SourceBuilder.work, in: cache.folder(.work))
    } else if !isGathering, !python.packages.isEmpty {
      try await Processor.require(plan.spec.platform, for: PythonLayers.work, in: cache.folder(.work))
    }
  }

  /// Refuses a root of packages that is not there and whose scripts no program here can run.
  private func requireRoot() async throws {
    let (platform, work) = (plan.spec.platform, cache.folder(.work))
    if let debian = plan.lock.debian {
      let root = DebianRoot.builder(debian, spec: plan.spec, epoch: plan.lock.date)
      if root.isBuilt(in: cache.folder(.roots)) { return }
      try await Processor.require(platform, for: DebianRootBuilder.work, in: work)
    } else if plan.lock.base == nil, let rpm = plan.lock.rpm, !rpm.packages.isEmpty {
      if Files.exists("\(cache.folder(.roots))/\(rpmRootKey(rpm))") { return }
      try await Processor.require(platform, for: RPMRootBuilder.work, in: work)
    }
  }

  /// The runtime here must be made of the sources that the lock names.
  func requireLockedRuntime() throws(RuntimeBinary.Failure) {
    guard plan.spec.hasRuntime else { return }
    guard plan.lock.runtime == runtime?.inputs else {
      throw .stale(locked: plan.lock.runtime, found: runtime?.inputs ?? plan.lock.spec)
    }
    try runtime?.require(plan.spec.platform)
  }
}
