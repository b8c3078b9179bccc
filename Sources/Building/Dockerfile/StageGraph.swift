internal import Dockerfiles
internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Recording
internal import Registry

/// Builds stages, each once and as soon as what it needs is there; stages that do not need each other run at once.
actor StageGraph {
  let plan: StagePlan
  let options: DockerfileOptions
  let workshop: BuildWorkshop
  let records: StepRecords
  let network: BuildNetwork
  /// Whether the same file is built for other platforms meanwhile.
  let isOneOfSeveral: Bool

  private var stages: [Int: Task<StageState, any Error>] = [:]
  private var images: [String: Task<StageState, any Error>] = [:]
  private var folders: [String: Task<CopyTree, any Error>] = [:]
  private var files: [[StageLayer]: Task<LayerFiles, any Error>] = [:]
  private var taken: Set<Provenance.Dependency> = []
  /// What was taken from elsewhere, by name.
  private(set) var sources = DockerfileSources()
  private var reported: [(stage: Int, report: DockerfileBuild.StepReport)] = []
  private var isStopped = false
  /// The cache directories that began anew in this build.
  private var begun: Set<String> = []

  init(
    plan: StagePlan, options: DockerfileOptions, workshop: BuildWorkshop, records: StepRecords, network: BuildNetwork,
    isOneOfSeveral: Bool
  ) {
    self.plan = plan
    self.options = options
    self.workshop = workshop
    self.records = records
    self.network = network
    self.isOneOfSeveral = isOneOfSeveral
  }

  /// The states at the ends of the targets of several graphs, in their order; the first failure stops all of them.
  static func results(of graphs: [StageGraph], isSerial: Bool) async throws -> [StageState] {
    do {
      return try await withThrowingTaskGroup(of: (Int, StageState).self) { group in
        var states: [Int: StageState] = [:]
        for (number, graph) in isSerial ? graphs.enumerated().reversed() : Array(graphs.enumerated()) {
          group.addTask { (number, try await graph.result(graph.plan.target)) }
          if isSerial, let (number, state) = try await group.next() { states[number] = state }
        }
        for try await (number, state) in group { states[number] = state }
        return graphs.indices.compactMap { states[$0] }
      }
    } catch {
      // Nothing of the build goes on behind the back of whoever hears of its end.
      for graph in graphs { await graph.cancel() }
      for graph in graphs { await graph.stop() }
      await graphs.first?.network.cancel()
      throw error
    }
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

  /// Whether a cache directory is met for the first time in this build.
  func begins(cache key: String) -> Bool { begun.insert(key).inserted }

  func note(_ dependency: Provenance.Dependency) { taken.insert(dependency) }

  func note(_ file: DockerfileSources.AddedFile) { sources.files.insert(file) }

  func note(_ step: NetworkLock.Step) { sources.steps.insert(step) }

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
    if isStopped { task.cancel() }
    stages[index] = task
    return task
  }

  private func cancel() {
    isStopped = true
    for task in stages.values { task.cancel() }
    for task in images.values { task.cancel() }
  }

  /// Cancels all work, and waits for its end.
  private func stop() async {
    cancel()
    // A stage is begun by none but later ones.
    for index in plan.stages.indices.reversed() { _ = await stages[index]?.result }
    for task in images.values { _ = await task.result }
    for task in folders.values { _ = await task.result }
    for task in files.values { _ = await task.result }
  }

  /// The state that an image leaves a stage that begins with it.
  func image(_ name: String, platform: Platform, at position: SourcePosition) async throws -> StageState {
    let key = "\(platform) \(name)"
    if let task = images[key] { return try await task.value }
    let task = Task { [options, workshop] in
      let images = StageImages(options: options, workshop: workshop)
      let found = try await images.state(name, platform: platform, at: position)
      note(found.dependency)
      if let source = found.source { sources.images.insert(source) }
      return found.state
    }
    if isStopped { task.cancel() }
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
