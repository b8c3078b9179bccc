internal import Host
internal import Images
internal import Layers
internal import OCI

/// Reads the layers of a stage: what they hold, and the contents that somebody wants.
struct LayerFiles: Sendable {
  /// The most that is read of a file whose text counts, such as `/etc/passwd`.
  private static let textLimit = 4 << 20

  let layers: [StageLayer]
  let index: FileIndex

  /// Reads the entries of all layers; it blocks.
  ///
  /// - Parameter folder: Where the index of each layer is kept, so that it is read once.
  init(_ layers: [StageLayer], indexesIn folder: String) throws {
    var index = FileIndex()
    for (number, layer) in layers.enumerated() {
      index.apply(try LayerIndex.kept(of: layer.inImage, in: folder).items.map(\.entry), layer: number)
    }
    self.layers = layers
    self.index = index
  }

  /// The text of a small file; nil if there is none.
  func text(_ path: String) throws(LayerError) -> String? {
    guard let place = index.resolve(path.split(separator: "/").map(String.init)), let node = index.node(place),
      let file = index.file(node)
    else { return nil }
    let reader = try TarReader(path: layers[file.layer].path)
    while let entry = try reader.next() {
      guard entry.path == file.entry.path, entry.kind == .file else { continue }
      return String(decoding: try reader.content(limit: Self.textLimit), as: UTF8.self)
    }
    return nil
  }

  /// Writes the contents of files into a folder, each layer read once; it blocks.
  ///
  /// - Returns: Where each file's content lies, by layer and path there.
  func extract(_ files: [FileIndex.Node], into folder: String) throws(LayerError) -> [LayerPlace: String] {
    var wanted: [Int: Set<PathKey>] = [:]
    for file in files { wanted[file.layer, default: []].insert(PathKey(file.entry.path)) }
    var places: [LayerPlace: String] = [:]
    for (layer, paths) in wanted.sorted(by: { $0.key < $1.key }) {
      let reader = try TarReader(path: layers[layer].path)
      var missing = paths.count
      while missing > 0, let entry = try reader.next() {
        guard entry.kind == .file, paths.contains(PathKey(entry.path)) else { continue }
        let path = "\(folder)/\(places.count)"
        let sink = try FileSink(path: path)
        try reader.forEachChunk { (chunk) throws(LayerError) in try sink.write(chunk) }
        if places.updateValue(path, forKey: LayerPlace(layer: layer, path: entry.path)) == nil { missing -= 1 }
      }
    }
    return places
  }
}

/// A path in one layer.
struct LayerPlace: Hashable, Sendable {
  let layer: Int
  let path: PathKey

  init(layer: Int, path: String) {
    self.layer = layer
    self.path = PathKey(path)
  }
}

/// A layer of a stage: its blob in the store.
struct StageLayer: Hashable, Sendable {
  let written: WrittenLayer
  let path: String
  /// Whether it deletes nothing and lists every directory above what it holds: then its files alone, laid over others,
  /// are what it means.
  var isPlain = false

  var inImage: Image.Layer { Image.Layer(descriptor: written.descriptor, diffID: written.diffID, path: path) }
}
