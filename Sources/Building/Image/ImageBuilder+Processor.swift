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
  ///
  /// Debian's packages always have some; those of RPM may have none, which their files tell (``RPMRootBuilder``).
  private func requireRoot() async throws {
    guard let debian = plan.lock.debian else { return }
    let root = DebianRoot.builder(debian, spec: plan.spec, epoch: plan.lock.date)
    if root.isBuilt(in: cache.folder(.roots)) { return }
    try await Processor.require(plan.spec.platform, for: DebianRootBuilder.work, in: cache.folder(.work))
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
