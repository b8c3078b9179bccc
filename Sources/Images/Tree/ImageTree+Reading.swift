internal import Host
internal import Layers
internal import OCI

extension ImageTree {
  /// Reads the layers of an image, those at once that were not read before.
  ///
  /// - Parameter directory: Where the index of each layer is kept.
  public static func read(_ image: Image, keepingIn directory: String) async throws -> ImageTree {
    ImageTree(merging: try await LayerIndex.kept(of: image.layers[...], in: directory))
  }

  /// Unpacks some of an image's files into a directory: each layer that has one of them is read once; it blocks.
  ///
  /// - Parameter paths: Without links to follow; a hard link's file comes along.
  public func unpack(_ paths: [String], of image: Image, into directory: String) throws(ImageError) {
    var wanted: [Int: Set<PathKey>] = [:]
    for path in paths {
      guard let node = self[path] else { continue }
      wanted[node.layer, default: []].insert(PathKey(path))
      if case .hardLink(let target) = node.entry.kind { wanted[node.layer, default: []].insert(PathKey(target)) }
    }
    for (number, layer) in image.layers.enumerated() {
      guard let names = wanted[number] else { continue }
      try layered { () throws(LayerError) in
        // A package's style keeps what is there: nothing but these files is taken, and none of them twice.
        let extractor = try Extractor(into: directory, style: .package)
        try extractor.extract(
          try TarReader(path: layer.path), accept: { entry in names.contains(PathKey(entry.path)) })
      }
    }
  }
}

extension LayerIndex {
  /// The indexes of layers, those at once that were not read before.
  package static func kept(of layers: ArraySlice<Image.Layer>, in directory: String) async throws -> [LayerIndex] {
    try await withThrowingTaskGroup(of: (Int, LayerIndex).self) { group in
      for (number, layer) in layers.enumerated() {
        group.addTask { @concurrent in
          (number, try await BlockingPool.run { try kept(of: layer, in: directory) })
        }
      }
      var indexes: [Int: LayerIndex] = [:]
      for try await (number, index) in group { indexes[number] = index }
      return layers.indices.compactMap { indexes[$0 - layers.startIndex] }
    }
  }

  /// The index of a layer, read unless a folder has it; it blocks.
  ///
  /// It is kept under the digests of the archive and of the blob: what a configuration says of one blob's archive is known to be true
  /// of that blob alone.
  package static func kept(of layer: Image.Layer, in directory: String) throws -> LayerIndex {
    let path = "\(directory)/\(layer.diffID.hex)-\(layer.descriptor.digest.hex)"
    if Files.exists(path), let index = LayerIndex(parsing: try Files.read(path, limit: 1 << 31)) { return index }
    guard Files.isFile(layer.path) else { throw ImageError.missingBlob(layer.descriptor.digest, place: layer.path) }
    let index = try LayerIndex(reading: layer)
    try Files.write(index.bytes, to: path)
    return index
  }
}
