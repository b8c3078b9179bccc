internal import Dockerfiles
internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Registry

/// Builds stages, each once and as soon as what it needs is there; stages that do not need each other run at once.
actor StageGraph {
  let plan: StagePlan
  let options: DockerfileOptions
  let workshop: BuildWorkshop
  let records: StepRecords
  let network: BuildNetwork

  private var stages: [Int: Task<StageState, any Error>] = [:]
  private var images: [String: Task<StageState, any Error>] = [:]
  private var folders: [String: Task<CopyTree, any Error>] = [:]
  private var files: [[StageLayer]: Task<LayerFiles, any Error>] = [:]
  private var taken: Set<Provenance.Dependency> = []
  private var reported: [(stage: Int, report: DockerfileBuild.StepReport)] = []

  init(plan: StagePlan, options: DockerfileOptions, workshop: BuildWorkshop, records: StepRecords) {
    self.plan = plan
    self.options = options
    self.workshop = workshop
    self.records = records
    network = BuildNetwork(http: workshop.http, store: workshop.store)
  }

  /// What became of the steps, in the order of the file.
  var reports: [DockerfileBuild.StepReport] {
    reported.sorted { ($0.stage, $0.report.position) < ($1.stage, $1.report.position) }.map(\.report)
  }

  func report(_ report: DockerfileBuild.StepReport, of stage: Int) { reported.append((stage, report)) }

  /// The images and files that were taken from elsewhere.
  var dependencies: [Provenance.Dependency] {
    taken.sorted { ($0.uri ?? "", $0.name ?? "", $0.digest.hex) < ($1.uri ?? "", $1.name ?? "", $1.digest.hex) }
  }

  func note(_ dependency: Provenance.Dependency) { taken.insert(dependency) }

  /// The state at the end of a stage.
  func result(_ index: Int) async throws -> StageState {
    if options.isSerial {
      for need in plan.stages[index].needs.sorted().reversed() { _ = try await result(need) }
    } else {
      // Begun before they are waited for: so they run beside each other.
      for need in plan.stages[index].needs { _ = task(need) }
    }
    return try await withTaskCancellationHandler {
      try await task(index).value
    } onCancel: {
      Task { await self.cancel() }
    }
  }

  private func task(_ index: Int) -> Task<StageState, any Error> {
    if let task = stages[index] { return task }
    let task = Task { try await StageRun(graph: self, stage: self.plan.stages[index]).run() }
    stages[index] = task
    return task
  }

  private func cancel() {
    for task in stages.values { task.cancel() }
  }

  /// The state that an image leaves a stage that begins with it.
  func image(_ name: String, platform: Platform, at position: SourcePosition) async throws -> StageState {
    let key = "\(platform) \(name)"
    if let task = images[key] { return try await task.value }
    let task = Task { [options, workshop] in
      let images = StageImages(options: options, workshop: workshop)
      let (state, dependency) = try await images.state(name, platform: platform, at: position)
      note(dependency)
      return state
    }
    images[key] = task
    return try await task.value
  }

  /// What a folder holds, as far as its ignore file lets it be seen.
  func folder(_ path: String, ignoring: IgnoreFile) async throws -> CopyTree {
    if let task = folders[path] { return try await task.value }
    let task = Task {
      try await BlockingPool.run { () throws(LayerError) in
        try CopyTree(folder: path, ignoring: ignoring)
      }
    }
    folders[path] = task
    return try await task.value
  }

  /// What the layers of a state hold.
  func files(_ layers: [StageLayer]) async throws -> LayerFiles {
    if let task = files[layers] { return try await task.value }
    let folder = workshop.cache.folder(.contents)
    let task = Task { try await BlockingPool.run { try LayerFiles(layers, indexesIn: folder) } }
    files[layers] = task
    return try await task.value
  }
}
