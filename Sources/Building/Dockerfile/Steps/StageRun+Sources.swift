internal import Dockerfiles
internal import Host
internal import Layers
internal import OCI

/// Files that mounts show.
extension StageRun {
  /// The tree that a mount is from: the context, another one, or layers.
  private func tree(
    of name: String?, _ step: BuildStep
  ) async throws -> (tree: CopyTree, files: LayerFiles?, folder: String?) {
    guard let name else {
      return (try await graph.folder(options.context, ignoring: options.ignoring), nil, options.context)
    }
    if case .folder(let path)? = options.context(name, for: stage.platform) {
      return (try await graph.folder(path, ignoring: try IgnoreFile.of(folder: path)), nil, path)
    }
    let files = try await graph.files(try await layers(of: name, step))
    return (CopyTree(index: files.index, keepsOwners: true) { _ in nil }, files, nil)
  }

  /// What the files of a mount are, for a key.
  func contents(of source: String, from name: String?, _ step: BuildStep) async throws -> [String] {
    let origin = try await tree(of: name, step)
    let selections = try located(step) { () throws(CopyError) in
      try CopySelection.find(source, in: origin.tree, excluding: [], keepsParents: false)
    }
    let items = selections.flatMap(\.items)
    if let files = origin.files { return [source] + items.map { Self.identity($0, files) } }
    return try await BlockingPool.run { try items.map { try Self.identity($0, origin.tree) } }
  }

  /// Writes the files of a mount into a folder of the workspace: what a command changes there is lost, and nothing that
  /// the ignore file names is seen.
  ///
  /// - Returns: The path of the file or directory to mount.
  func materialize(
    _ source: String, from name: String?, _ step: BuildStep, into folder: String, _ workspace: TemporaryDirectory
  ) async throws -> String {
    let origin = try await tree(of: name, step)
    let selections = try located(step) { () throws(CopyError) in
      try CopySelection.find(source, in: origin.tree, excluding: [], keepsParents: false)
    }
    var tree = origin.tree
    if let files = origin.files {
      let nodes = selections.flatMap(\.items).map(\.node).filter { $0.entry.kind == .file }
      let contents = folder + "-contents"
      let places = try await BlockingPool.run {
        try Files.createDirectory(contents)
        return try files.extract(nodes, into: contents)
      }
      tree = CopyTree(index: files.index, keepsOwners: true) { node in
        places[LayerPlace(layer: node.layer, path: node.entry.path)].map { .file(path: $0) }
      }
    }
    var placement = CopyPlacement(into: FileIndex(), CopyPlacement.Attributes(time: options.epoch))
    try located(step) { () throws(CopyError) in
      for selection in selections { try placement.place(selection, from: tree, at: (["mount"], false)) }
      if selections.first?.isDirectory == true, placement.tree.isEmpty {
        try placement.place(TarEntry(path: "", kind: .directory, mode: 0o755), nil, at: ["mount"])
      }
    }
    let result = placement.tree
    let epoch = options.epoch
    try await BlockingPool.run {
      let archive = folder + ".tar"
      try result.writeTar(to: try FileSink(path: archive), epoch: epoch)
      try Files.createDirectory(folder)
      try Extractor(into: folder, style: .layer).extract(try TarReader(path: archive))
      try Files.remove(archive)
    }
    return folder + "/mount"
  }
}
