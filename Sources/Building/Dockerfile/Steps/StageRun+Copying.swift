internal import Dockerfiles
internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Sandbox
internal import Trust

/// `COPY`, `ADD` and `WORKDIR`: steps that change files and need no container.
extension StageRun {
  /// A copy with all its words expanded.
  struct CopyWords: Sendable {
    var sources: [CopyCommand.Source] = []
    var destination = ""
    var excludes: [IgnorePattern] = []
    var owner: String?
    var mode: String?
    var checksum: Digest?
  }

  /// Where a copy reads from.
  private enum Origin {
    case folder(CopyTree)
    case layers(LayerFiles)

    var tree: CopyTree {
      switch self {
      case .folder(let tree): tree
      case .layers(let files): CopyTree(index: files.index, keepsOwners: true) { _ in nil }
      }
    }
  }

  func perform(_ copy: CopyCommand, _ step: BuildStep, _ state: inout StageState) async throws {
    let words = try expanded(copy, step, state)
    for case .path(let source) in words.sources where !RemoteFile.isURL(source) && words.checksum != nil {
      throw DockerfileError(at: step.position, "checksum requires HTTP(S) sources")
    }
    var remote: [String: RemoteFile] = [:]
    for case .path(let source) in words.sources where copy.isAdd && RemoteFile.isURL(source) {
      let file = try await graph.network.file(
        source, expecting: words.checksum, vendored: options.vendored, progress: workshop.progress)
      await graph.note(DockerfileSources.AddedFile(url: source, digest: file.digest))
      await graph.note(Provenance.Dependency(uri: RemoteFile.publicAddress(source), digest: file.digest))
      remote[source] = file
    }
    let origin = try await origin(copy, step)
    var selections: [String: [CopySelection]] = [:]
    for case .path(let source) in words.sources where remote[source] == nil {
      selections[source] = try located(step) { () throws(CopyError) in
        try CopySelection.find(
          source, in: origin.tree, excluding: words.excludes, keepsParents: copy.keepsParents)
      }
    }
    let before = state
    // With a mode, BuildKit makes no layer apart either: links below the destination count then.
    let isLinked = copy.isLinked && words.mode == nil
    var inputs = ["copy", state.directory, words.destination, words.owner ?? "", words.mode ?? ""]
    inputs += [String(copy.isAdd), String(copy.keepsParents), copy.unpacks.map { String($0) } ?? ""]
    inputs += isLinked && (words.owner ?? "0").utf8.allSatisfy({ $0 < 0x3B }) ? ["linked"] : state.chain
    inputs += try await contents(words, selections, remote, origin)
    try await addLayer(step, inputs: inputs, note: text(copy, words), &state) { workspace in
      let target = isLinked ? FileIndex() : try await graph.files(before.layers).index
      var attributes = CopyPlacement.Attributes(time: options.epoch)
      if let owner = words.owner {
        let accounts = try await accounts(before)
        guard let found = Accounts(passwd: accounts.passwd, group: accounts.group).owner(owner) else {
          throw fault(.owner(owner), step)
        }
        attributes.owner = found
      }
      if let mode = words.mode {
        guard let change = ModeChange(parsing: mode) else { throw fault(.mode(mode), step) }
        attributes.mode = change
      }
      let source = try await withContents(origin, selections, workspace)
      let placement = CopyPlacement(into: target, attributes)
      let (chosen, fetched) = (selections, remote)
      return try await BlockingPool.run {
        try located(step) { () throws(CopyError) in
          try tree(placement, copy, words, chosen, fetched, source, workspace, in: before.directory)
        }
      }
    }
  }

  private func tree(
    _ placement: CopyPlacement, _ copy: CopyCommand, _ words: CopyWords, _ selections: [String: [CopySelection]],
    _ remote: [String: RemoteFile], _ tree: CopyTree, _ workspace: TemporaryDirectory, in directory: String
  ) throws(CopyError) -> LayerTree {
    var placement = placement
    let destination = try placement.destination(words.destination, in: directory)
    let count = words.sources.reduce(0) { sum, source in
      guard case .path(let path) = source, remote[path] == nil else { return sum + 1 }
      return sum + (selections[path] ?? []).count { archive(in: $0, copy, source: tree) == nil }
    }
    // What has a pattern for its name may be nothing; where to it would go is made all the same.
    if copy.keepsParents, destination.isDirectory { try placement.makeRoot(destination.path) }
    guard count < 2 || destination.isDirectory || selections.values.joined().allSatisfy(\.isDirectory) else {
      throw .manyToOne
    }
    // Here-documents come last, as BuildKit has it.
    func isDocument(_ source: CopyCommand.Source) -> Bool { if case .heredoc = source { true } else { false } }
    for item in words.sources.filter({ !isDocument($0) }) + words.sources.filter(isDocument) {
      switch item {
      case .heredoc(let document):
        let entry = TarEntry(path: document.name, kind: .file, mode: 0o644, modified: options.epoch)
        let place = destination.isDirectory ? destination.path + [document.name] : destination.path
        try placement.place(entry, .bytes(Array(document.content.utf8)), at: place)
      case .path(let path):
        if let file = remote[path] {
          let content = workshop.store.path(of: file.digest)
          if copy.unpacks == true, ArchiveUnpacking.isArchive(content) {
            try ArchiveUnpacking.unpack(content, into: &placement, at: destination.path, workspace)
            continue
          }
          let entry = TarEntry(
            path: file.name, kind: .file, mode: 0o600, size: file.size, modified: options.epoch)
          let place = destination.isDirectory ? destination.path + [file.name] : destination.path
          try placement.place(entry, .file(path: content), at: place)
          continue
        }
        for selection in selections[path] ?? [] {
          if let content = archive(in: selection, copy, source: tree) {
            try ArchiveUnpacking.unpack(content, into: &placement, at: destination.path, workspace)
          } else {
            try placement.place(selection, from: tree, at: destination)
          }
        }
      }
    }
    return placement.tree
  }

  /// Where the archive is that a source of `ADD` is; nil for anything else.
  private func archive(in selection: CopySelection, _ copy: CopyCommand, source: CopyTree) -> String? {
    guard copy.isAdd, copy.unpacks != false, !selection.isDirectory, let item = selection.items.last,
      case .file(let content)? = source.content(item.node), ArchiveUnpacking.isArchive(content)
    else { return nil }
    return content
  }

  // MARK: Words

  private func expanded(
    _ copy: CopyCommand, _ step: BuildStep, _ state: StageState
  ) throws(DockerfileError) -> CopyWords {
    var words = CopyWords()
    for source in copy.sources {
      switch source {
      case .path(let path): words.sources.append(.path(try expand(path, state, at: step)))
      case .heredoc(let document):
        var text = document.text
        if document.expands {
          do { text = try WordExpander(state.variables, options: .ignoresQuotes).expand(text).text } catch {
            throw DockerfileError(at: step.position, "failed to process the here-document \(document.name): \(error)")
          }
        }
        words.sources.append(.heredoc(document.with(content: text)))
      }
    }
    words.destination = try expand(copy.destination, state, at: step)
    if let owner = copy.owner { words.owner = try expand(owner, state, at: step) }
    if let mode = copy.mode { words.mode = try expand(mode, state, at: step) }
    for pattern in copy.excludes {
      do { words.excludes.append(try IgnorePattern(parsing: try expand(pattern, state, at: step))) } catch let error
        as IgnorePattern.ParseError
      { throw DockerfileError(at: step.position, error.description) } catch let error as DockerfileError {
        throw error
      } catch { throw DockerfileError(at: step.position, "\(error)") }
    }
    if let checksum = copy.checksum {
      let text = try expand(checksum, state, at: step)
      do { words.checksum = try Digest(parsing: text) } catch {
        throw DockerfileError(at: step.position, "invalid checksum \(text): \(error)")
      }
    }
    return words
  }

  private func text(_ copy: CopyCommand, _ words: CopyWords) -> String {
    var parts = [copy.isAdd ? "ADD" : "COPY"]
    if copy.keepsParents { parts.append("--parents") }
    if let owner = words.owner { parts.append("--chown=\(owner)") }
    if let mode = words.mode { parts.append("--chmod=\(mode)") }
    for source in words.sources {
      switch source {
      case .path(let path): parts.append(path)
      case .heredoc(let document): parts.append("<<\(document.name)")
      }
    }
    return (parts + [words.destination]).joined(separator: " ")
  }

  // MARK: Sources

  private func origin(_ copy: CopyCommand, _ step: BuildStep) async throws -> Origin {
    guard let from = copy.from else {
      return .folder(try await graph.folder(options.context, ignoring: options.ignoring))
    }
    if case .folder(let path)? = options.context(from, for: stage.platform) {
      return .folder(try await graph.folder(path, ignoring: try IgnoreFile.of(folder: path)))
    }
    return .layers(try await graph.files(try await layers(of: from, step)))
  }

  /// The layers of an earlier stage or of an image.
  func layers(of name: String, _ step: BuildStep) async throws -> [StageLayer] {
    if name == "scratch" { return [] }
    switch options.context(name, for: stage.platform) {
    case .scratch: return []
    case .image, .folder: break
    case nil:
      let index = try StagePlan.stage(name, before: stage.stage.index, plan.stages, step.position)
      if let index { return try await graph.result(index).layers }
    }
    return try await graph.image(name, platform: stage.platform, at: step.position).layers
  }

  /// What the sources hold, for the key of the layer: names, kinds, modes and contents, and no times.
  private func contents(
    _ words: CopyWords, _ selections: [String: [CopySelection]], _ remote: [String: RemoteFile], _ origin: Origin
  ) async throws -> [String] {
    var parts = words.excludes.map { ($0.isException ? "!" : "") + $0.text }
    for source in words.sources {
      switch source {
      case .heredoc(let document): parts += ["heredoc", document.name, document.content]
      case .path(let path):
        parts.append(path)
        if let file = remote[path] { parts += [file.name, file.digest.hex] }
        let items = (selections[path] ?? []).flatMap(\.items)
        switch origin {
        case .folder(let tree): parts += try await BlockingPool.run { try items.map { try Self.identity($0, tree) } }
        case .layers(let files): parts += items.map { Self.identity($0, files) }
        }
      }
    }
    return parts
  }

  static func identity(_ item: CopySelection.Item, _ tree: CopyTree) throws(SystemError) -> String {
    let entry = item.node.entry
    var text = "\(item.path.joined(separator: "/"))\0\(entry.kind)\0\(entry.mode)"
    if case .file(let path)? = tree.content(item.node) { text += "\0" + (try SHA256.digest(ofFile: path)).digest.hex }
    for attribute in entry.attributes.sorted(by: { $0.key < $1.key }) {
      text += "\0\(attribute.key)=\(attribute.value)"
    }
    return text
  }

  /// A file of an image is known by the layer that it is in and its path there: what else the image holds does not count.
  static func identity(_ item: CopySelection.Item, _ files: LayerFiles) -> String {
    let node = item.node
    let layer = node.layer < 0 ? "" : files.layers[node.layer].written.diffID.hex
    return "\(item.path.joined(separator: "/"))\0\(layer)\0\(node.entry.path)"
  }

  /// The sources with their contents at hand: those in layers are written into the workspace.
  private func withContents(
    _ origin: Origin, _ selections: [String: [CopySelection]], _ workspace: TemporaryDirectory
  ) async throws -> CopyTree {
    guard case .layers(let files) = origin else { return origin.tree }
    let nodes = selections.values.joined().flatMap(\.items).map(\.node).filter { $0.entry.kind == .file }
    let folder = workspace.path + "/contents"
    let places = try await BlockingPool.run {
      try Files.createDirectory(folder)
      return try files.extract(nodes, into: folder)
    }
    return CopyTree(index: files.index, keepsOwners: true) { node in
      places[LayerPlace(layer: node.layer, path: node.entry.path)].map { .file(path: $0) }
    }
  }

  // MARK: WORKDIR

  func workdir(_ text: String, _ step: BuildStep, _ state: inout StageState) async throws {
    let path = PathText.absolute(try expand(text, state, at: step), from: state.directory)
    state.config.workingDirectory = path
    let before = state
    try await addLayer(
      step, inputs: ["workdir", path, state.config.user ?? ""] + state.chain, note: "WORKDIR \(path)", &state,
      isFileStep: false
    ) { _ in
      let files = try await graph.files(before.layers)
      guard let place = files.index.resolve(PathText.components(inRoot: path)), !place.isEmpty else {
        return LayerTree()
      }
      if let node = files.index.node(place) {
        guard node.isDirectory else {
          throw DockerfileError(at: step.position, "cannot make the directory \(path): something else is there")
        }
        return LayerTree()
      }
      var attributes = CopyPlacement.Attributes(time: options.epoch)
      if let user = before.config.user {
        let accounts = try await accounts(before)
        attributes.owner = Accounts(passwd: accounts.passwd, group: accounts.group).owner(user)
      }
      var placement = CopyPlacement(into: files.index, attributes)
      return try located(step) { () throws(CopyError) in
        try placement.place(
          TarEntry(path: "", kind: .directory, mode: 0o755, modified: options.epoch), nil, at: place)
        return placement.tree
      }
    }
  }

  // MARK: Faults

  private func fault(_ error: CopyError, _ step: BuildStep) -> DockerfileError {
    let hint: String? =
      switch error {
      case .missing: "is it there, and not named by the ignore file?"
      case .kind: "copy to another place, or copy the folder's contents one by one"
      case .manyToOne: "end the destination with a slash"
      case .owner: "use numbers, as in --chown=1000:1000, or make the user first"
      default: nil
      }
    return DockerfileError(at: step.position, error.description, hint: hint)
  }

  func located<Result>(
    _ step: BuildStep, _ work: () throws(CopyError) -> Result
  ) throws(DockerfileError) -> Result {
    do { return try work() } catch { throw fault(error, step) }
  }
}
