internal import Dockerfiles
internal import OCI

/// Which stages a build needs, with `FROM` lines expanded; what can't be built is refused here, before anything runs.
struct StagePlan: Sendable {
  /// What a stage begins with.
  enum Base: Sendable, Hashable {
    /// Nothing.
    case scratch
    /// An earlier stage.
    case stage(Int)
    /// An image or a context, by name.
    case name(String)
  }

  /// A stage with its base.
  struct Stage: Sendable {
    let stage: BuildStage
    /// Its steps, and before them those that put the folder there that it begins with.
    let steps: [BuildStep]
    let base: Base
    let platform: Platform
    /// Earlier stages that it needs.
    let needs: Set<Int>

    var label: String { stage.name ?? String(stage.index) }
  }

  let stages: [Stage]
  let target: Int
  /// The values of `ARG`s before the first `FROM`, and of those that every build has.
  let globals: [String: String]
  let platformArguments: [String: String]
  let escape: Unicode.Scalar

  init(_ definition: BuildDefinition, _ options: DockerfileOptions) throws(DockerfileError) {
    escape = definition.file.escape
    platformArguments = Self.builtinArguments(definition, options)
    globals = try Self.globals(definition, options, platformArguments)
    var stages: [Stage] = []
    for stage in definition.stages {
      stages.append(try Self.resolve(stage, of: definition, stages, globals, options))
    }
    self.stages = stages
    target = try Self.target(options.target, stages)
    try check(options)
  }

  /// The arguments that every build has, with the values that this one gives them.
  private static func builtinArguments(_ definition: BuildDefinition, _ options: DockerfileOptions) -> [String: String]
  {
    let platform = options.platform
    var arguments = ["TARGETSTAGE": options.target ?? definition.stages.last?.name ?? "default"]
    let build = Platform(os: "linux", architecture: Processor.own)
    for (prefix, platform) in [("BUILD", build), ("TARGET", platform)] {
      arguments[prefix + "PLATFORM"] = platform.description
      arguments[prefix + "OS"] = platform.os
      arguments[prefix + "ARCH"] = platform.architecture
      arguments[prefix + "VARIANT"] = platform.variant ?? ""
    }
    arguments.merge(options.arguments.filter { arguments[$0.key] != nil }) { $1 }
    return arguments
  }

  private static func globals(
    _ definition: BuildDefinition, _ options: DockerfileOptions, _ platform: [String: String]
  ) throws(DockerfileError) -> [String: String] {
    var values = platform
    for (argument, position) in definition.globalArguments {
      if let value = options.arguments[argument.name] {
        values[argument.name] = value
      } else if let value = argument.value {
        do {
          values[argument.name] = try WordExpander(values, escape: definition.file.escape).expand(value).text
        } catch { throw DockerfileError(at: position, "failed to process \"\(value)\": \(error)") }
      }
    }
    return values
  }

  private static func resolve(
    _ stage: BuildStage, of definition: BuildDefinition, _ earlier: [Stage], _ globals: [String: String],
    _ options: DockerfileOptions
  ) throws(DockerfileError) -> Stage {
    func expand(_ text: String) throws(DockerfileError) -> String {
      do { return try WordExpander(globals, escape: definition.file.escape).expand(text).text } catch {
        throw DockerfileError(at: stage.position, "failed to process \"\(text)\": \(error)")
      }
    }
    let name = try expand(stage.base.text)
    guard !name.isEmpty else {
      throw DockerfileError(
        at: stage.base.position, "base name (\(stage.base.text)) should not be blank",
        hint: "give the ARG a value before FROM, or by --build-arg")
    }
    var platform = options.platform
    if let text = stage.platform {
      do { platform = try Platform(argument: try expand(text), own: Processor.own) } catch let error
        as Platform.ParseError
      {
        throw DockerfileError(at: stage.position, "failed to parse platform \(text): \(error)")
      } catch { throw DockerfileError(at: stage.position, "\(error)") }
    }
    // A context of the stage's own name stands for all that the stage would do.
    if let own = stage.name, let place = options.context(own, for: platform) {
      let (base, steps) = try begin(own, place, at: stage.position)
      return Stage(stage: stage, steps: steps, base: base, platform: platform, needs: [])
    }
    var (base, steps) = (Base.name(name), stage.steps)
    if name == "scratch" {
      base = .scratch
    } else if let place = options.context(name, for: platform) {
      let beginning = try begin(name, place, at: stage.base.position)
      (base, steps) = (beginning.base, beginning.steps + steps)
    } else if let found = earlier.last(where: { $0.stage.name == name.lowercased() }) {
      base = .stage(found.stage.index)
    }
    var needs: Set<Int> = []
    if case .stage(let index) = base { needs.insert(index) }
    for step in stage.steps {
      for from in try references(step) where options.context(from, for: platform) == nil {
        if let index = try Self.stage(from, before: stage.index, earlier, step.position) {
          needs.insert(index)
        } else if definition.stages[stage.index...].contains(where: { $0.name == from.lowercased() }) {
          throw DockerfileError(
            at: step.position,
            "cannot copy from stage \"\(from)\", it needs to be defined before current stage \"\(stage.name ?? "\(stage.index)")\"",
            hint: "move the stage that copies below the other one")
        }
      }
    }
    return Stage(stage: stage, steps: steps, base: base, platform: platform, needs: needs)
  }

  /// What a stage begins with that begins with a context, and the step that brings a folder's files.
  private static func begin(
    _ name: String, _ place: DockerfileOptions.NamedContext, at position: SourcePosition
  ) throws(DockerfileError) -> (base: Base, steps: [BuildStep]) {
    switch place {
    case .scratch: (.scratch, [])
    case .image: (.name(name), [])
    case .folder: (.scratch, try BuildDefinition.triggers(["COPY --from=\(name) . /"], at: position))
    }
  }

  /// What a step names by `--from` or `from=`.
  private static func references(_ step: BuildStep) throws(DockerfileError) -> [String] {
    switch step.command {
    case .copy(let copy): return copy.from.map { [$0] } ?? []
    case .run(let run):
      var names: [String] = []
      for mount in run.mounts {
        for field in mount.text.split(separator: ",") where field.lowercased().hasPrefix("from=") {
          names.append(String(field.dropFirst(5)))
        }
      }
      return names
    default: return []
    }
  }

  /// The earlier stage that a name means, nil for an image.
  static func stage(
    _ name: String, before index: Int, _ stages: [Stage], _ position: SourcePosition
  ) throws(DockerfileError) -> Int? {
    if let found = stages.last(where: { $0.stage.name == name.lowercased() && $0.stage.index < index }) {
      return found.stage.index
    }
    guard let number = Int(name) else { return nil }
    guard number >= 0, number < index else {
      throw DockerfileError(
        at: position, "invalid stage index \(number)", hint: "only stages before this one can be copied from")
    }
    return number
  }

  private static func target(_ name: String?, _ stages: [Stage]) throws(DockerfileError) -> Int {
    guard let name else { return stages.count - 1 }
    if let found = stages.last(where: { $0.stage.name == name.lowercased() }) { return found.stage.index }
    if let number = Int(name), stages.indices.contains(number) { return number }
    let names = stages.compactMap(\.stage.name)
    let near = names.first { InstructionFlags.isNear($0, name.lowercased()) }
    throw DockerfileError(
      at: stages[stages.count - 1].stage.position, "target stage \"\(name)\" could not be found",
      hint: near.map { "did you mean \($0)?" }
        ?? (names.isEmpty ? "no stage of the file has a name" : "the file has \(names.joined(separator: ", "))"))
  }

  /// The stages that the target needs, itself included.
  var needed: Set<Int> {
    var needed: Set<Int> = []
    var pending = [target]
    while let index = pending.popLast() {
      if needed.insert(index).inserted { pending += stages[index].needs }
    }
    return needed
  }

  /// Refuses what this builder can't do.
  private func check(_ options: DockerfileOptions) throws(DockerfileError) {
    for index in needed.sorted() {
      let stage = stages[index]
      guard stage.platform.os == "linux" else {
        throw DockerfileError(at: stage.stage.position, "only linux images can be built, not \(stage.platform)")
      }
      for step in stage.steps {
        switch step.command {
        case .copy(let copy): try Self.check(copy, at: step.position)
        case .run(let run): try Self.check(run, options, at: step.position)
        default: break
        }
      }
    }
  }

  private static func check(_ copy: CopyCommand, at position: SourcePosition) throws(DockerfileError) {
    let name = copy.isAdd ? "ADD" : "COPY"
    if copy.sources.count > 1, let last = copy.destination.last, last != "/", !copy.destination.contains("$") {
      let isDirectory = copy.destination == "." || copy.destination.hasSuffix("/.") || copy.destination.hasSuffix("..")
      if !isDirectory, copy.sources.contains(where: { if case .heredoc = $0 { true } else { false } }) {
        throw DockerfileError(
          at: position,
          "When using \(name) with more than one source file, the destination must be a directory and end with a /")
      }
    }
    for case .path(let source) in copy.sources where copy.isAdd {
      let lower = source.lowercased()
      let isGit =
        lower.hasPrefix("git@") || lower.hasPrefix("git://") || lower.hasPrefix("ssh://")
        || (lower.hasPrefix("http") && lower.split(separator: "#")[0].hasSuffix(".git"))
      guard !isGit else {
        throw DockerfileError(
          at: position, "ADD of a Git repository is not supported",
          hint: "clone it before the build and name the folder as a context: --build-context NAME=DIR")
      }
    }
    if copy.checksum != nil {
      guard copy.sources.count == 1 else {
        throw DockerfileError(at: position, "checksum can't be specified for multiple sources")
      }
      guard case .path(let source) = copy.sources[0], RemoteFile.isURL(source) || source.contains("$") else {
        throw DockerfileError(at: position, "checksum requires HTTP(S) sources")
      }
    }
    if let mode = copy.mode, !mode.contains("$"), ModeChange(parsing: mode) == nil {
      throw DockerfileError(at: position, CopyError.mode(mode).description)
    }
  }

  private static func check(
    _ run: RunCommand, _ options: DockerfileOptions, at position: SourcePosition
  ) throws(DockerfileError) {
    if run.network == .host, !options.allowsNetwork {
      throw DockerfileError(
        at: position, "RUN --network=host needs the permission to use the network",
        hint:
          "builds have no network, so that they give the same result tomorrow; --allow-network gives it, and --record "
          + "a proxy that pins what is fetched, to commands without --network")
    }
  }
}
