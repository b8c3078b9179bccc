internal import Dockerfiles
internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Trust

/// Carries out the steps of one stage, one after the other.
struct StageRun {
  let graph: StageGraph
  let stage: StagePlan.Stage
  let options: DockerfileOptions
  let workshop: BuildWorkshop
  let plan: StagePlan
  let created: String

  init(graph: StageGraph, stage: StagePlan.Stage) {
    self.graph = graph
    self.stage = stage
    options = graph.options
    workshop = graph.workshop
    plan = graph.plan
    created = Clock.rfc3339(options.epoch)
  }

  func run() async throws -> StageState {
    var state = try await base()
    state.config.created = created
    let triggers = try BuildDefinition.triggers(state.config.onBuild, at: stage.stage.position)
    state.config.onBuild = []
    for step in triggers + stage.steps {
      try Task.checkCancellation()
      try await perform(step, &state)
    }
    return state
  }

  private func base() async throws -> StageState {
    switch stage.base {
    case .scratch: .scratch(stage.platform)
    case .stage(let index): try await graph.result(index).inherited
    case .name(let name): try await graph.image(name, platform: stage.platform, at: stage.stage.base.position)
    }
  }

  private func perform(_ step: BuildStep, _ state: inout StageState) async throws {
    switch step.command {
    case .copy(let copy): try await perform(copy, step, &state)
    case .run(let run): try await perform(run, step, &state)
    case .workdir(let path): try await workdir(path, step, &state)
    default: try configure(step, &state)
    }
  }

  // MARK: Words

  /// A word with its variables expanded.
  func expand(_ text: String, _ state: StageState, at step: BuildStep) throws(DockerfileError) -> String {
    do { return try expander(state).expand(text).text } catch {
      throw DockerfileError(
        at: step.position, "failed to process \"\(text)\": \(error)",
        hint: "write \\$ for a dollar sign that is none of a variable")
    }
  }

  /// Words with their variables expanded, split where a value holds white space.
  func words(_ text: String, _ state: StageState, at step: BuildStep) throws(DockerfileError) -> [String] {
    do { return try expander(state).expand(text).words } catch {
      throw DockerfileError(at: step.position, "failed to process \"\(text)\": \(error)")
    }
  }

  func expander(_ state: StageState, _ options: WordExpander.Options = []) -> WordExpander {
    WordExpander(state.variables, options: options, escape: plan.escape)
  }

  // MARK: Layers

  /// Adds the layer of a step, made unless a record of the same inputs has one.
  ///
  /// - Parameters:
  ///   - inputs: Everything that the layer depends on.
  ///   - lateInputs: For a layer that is always made anew: what else it depends on, known only then; nil keeps no record.
  ///   - isFileStep: Whether the history marks it as one that changes files, which it does not of `WORKDIR`.
  ///   - isPlain: Whether the tree deletes nothing and lists every directory above what it holds.
  ///   - make: Gives the tree of the layer; an empty one makes none.
  ///   - finish: Sees the tree and the layers with the new one, once that is written.
  func addLayer(
    _ step: BuildStep, inputs: [String], lateInputs: (() -> [String]?)? = nil, note text: String,
    _ state: inout StageState, isPlain: Bool = true, isFileStep: Bool = true,
    make: (TemporaryDirectory) async throws -> LayerTree,
    finish: (TemporaryDirectory, LayerTree, [StageLayer]) async throws -> Void = { _, _, _ in }
  ) async throws {
    let inputs =
      ["dockerfile 1", options.compression.name, String(options.epoch), stage.platform.description] + inputs
    let records = graph.records
    let isMadeAnew = lateInputs != nil || options.uncachedStages.contains(stage.label)
    let claim = isMadeAnew ? inputs + ["made anew", stage.label, "\(step.position)"] : inputs
    let key = BuildCache.key(claim)
    if let record = try await records.claim(key, isMadeAnew: isMadeAnew) {
      if let layer = record.layer { state.layers.append(layer) }
      state.note(text, created: created, makesLayer: record.layer != nil, isFileStep: isFileStep)
      await graph.report(report(step, record, isCached: true), of: stage.stage.index)
      return
    }
    let record: StepRecord
    do {
      record = try await made(step, on: state.layers, isPlain: isPlain, make: make, finish: finish)
      if let late = lateInputs.map({ $0() }) ?? [] { try await records.keep(record, BuildCache.key(inputs + late)) }
    } catch {
      await records.settle(key, .failure(error))
      throw error
    }
    await records.settle(key, .success(record))
    if let layer = record.layer { state.layers.append(layer) }
    state.note(text, created: created, makesLayer: record.layer != nil, isFileStep: isFileStep)
    await graph.report(report(step, record, isCached: false), of: stage.stage.index)
  }

  private func made(
    _ step: BuildStep, on layers: [StageLayer], isPlain: Bool, make: (TemporaryDirectory) async throws -> LayerTree,
    finish: (TemporaryDirectory, LayerTree, [StageLayer]) async throws -> Void
  ) async throws -> StepRecord {
    try await workshop.progress.during(label(step)) {
      let workspace = try workshop.cache.workspace()
      defer { workspace.remove() }
      let tree = try await make(workspace)
      guard !tree.isEmpty else { return StepRecord(layer: nil) }
      let written = try await workshop.store.add(tree, epoch: options.epoch, as: options.compression)
      let path = workshop.store.path(of: written.descriptor.digest)
      let layer = StageLayer(written: written, path: path, isPlain: isPlain)
      try await finish(workspace, tree, layers + [layer])
      return StepRecord(layer: layer)
    }
  }

  /// A step in a few words: its stage, with the platform where there are several, and the beginning of its text.
  func label(_ step: BuildStep) -> String {
    let text = step.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return "[\(platformLabel)\(stage.label)] " + (text.count > 60 ? text.prefix(59) + "…" : text)
  }

  /// The stage's platform, and the one that it works for if that is another.
  private var platformLabel: String {
    guard graph.isOneOfSeveral else { return "" }
    let target = stage.platform == options.platform ? "" : "->\(options.platform)"
    return "\(stage.platform)\(target) "
  }

  private func report(_ step: BuildStep, _ record: StepRecord, isCached: Bool) -> DockerfileBuild.StepReport {
    DockerfileBuild.StepReport(
      stage: stage.label, text: step.text, position: step.position, isCached: isCached,
      layer: record.layer?.written.descriptor.digest, size: record.layer?.written.descriptor.size ?? 0)
  }

  /// The accounts of the state's file system.
  func accounts(_ state: StageState) async throws -> (passwd: String, group: String) {
    let files = try await graph.files(state.layers)
    return try await BlockingPool.run { () throws(LayerError) in
      (passwd: try files.text("etc/passwd") ?? "", group: try files.text("etc/group") ?? "")
    }
  }
}
