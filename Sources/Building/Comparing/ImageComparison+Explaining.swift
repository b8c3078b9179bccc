internal import Host
internal import Images
internal import Layers
internal import OCI

/// Where contents part, and which step made them.
extension ImageComparison {
  /// Of so many files at most the first differing byte is looked for, and of so many bytes on both sides together.
  private static let (mostFiles, mostBytes) = (1000, 8 << 30)
  /// A step is named by so many characters.
  private static let stepLength = 160

  func explained(_ difference: ImageDifference) async throws -> ImageDifference {
    let paths = explainable(difference.files)
    let (places, archives) = try await BlockingPool.run { [self] in
      (try Self.firstDifferences(paths, first, second), try archivePlaces(difference))
    }
    var explained = difference
    explained.files = difference.files.map { change in
      var change = change
      let path = String(change.name.dropFirst())
      if let place = places[path] { change.details.append(place.detail()) }
      let (old, new) = (first.tree[path], second.tree[path])
      change.step =
        new.flatMap { Self.step(second.layer($0), second) } ?? old.flatMap { Self.step(first.layer($0), first) }
      return change
    }
    explained.layers = difference.layers.map { change in
      var change = change
      if let detail = archives[change.name] { change.details.append(detail) }
      return change
    }
    return explained
  }

  /// The paths whose contents differ, as many as may be looked into.
  private func explainable(_ changes: [ImageDifference.Change]) -> [String] {
    var (paths, size): ([String], Int) = ([], 0)
    for change in changes where change.details.contains(where: { $0.aspect == "content" }) {
      let path = String(change.name.dropFirst())
      guard paths.count < Self.mostFiles, let old = first.tree[path], let new = second.tree[path] else { continue }
      size += old.entry.size + new.entry.size
      if size > Self.mostBytes { break }
      paths.append(path)
    }
    return paths
  }

  /// Copies the contents out of the layers, by number and not by name, and compares them.
  private static func firstDifferences(
    _ paths: [String], _ first: Side, _ second: Side
  ) throws -> [String: FirstDifference] {
    if paths.isEmpty { return [:] }
    let work = try TemporaryDirectory(prefix: "drydock-diff")
    try copy(paths, of: first, to: work.path + "/a")
    try copy(paths, of: second, to: work.path + "/b")
    var places: [String: FirstDifference] = [:]
    for (number, path) in paths.enumerated() {
      places[path] = try FirstDifference.between(
        try FileSource(path: "\(work.path)/a\(number)"), try FileSource(path: "\(work.path)/b\(number)"))
    }
    return places
  }

  /// Writes the content of each path into a file that has its number after a prefix; each layer is read once.
  private static func copy(_ paths: [String], of side: Side, to prefix: String) throws {
    var wanted: [Int: [PathKey: Int]] = [:]
    for (number, path) in paths.enumerated() {
      guard let node = side.tree[path] else { continue }
      wanted[side.layer(node), default: [:]][PathKey(path)] = number
    }
    for (layer, numbers) in wanted {
      let reader = try TarReader(path: side.image.layers[layer].path)
      while let entry = try reader.next() {
        guard entry.kind == .file, let number = numbers[PathKey(entry.path)] else { continue }
        // A later entry of the same name in one archive is the one that counts.
        try Files.remove("\(prefix)\(number)")
        let sink = try FileSink(path: "\(prefix)\(number)")
        try reader.forEachChunk { (chunk) throws(LayerError) in try sink.write(chunk) }
      }
    }
  }

  /// For layers whose files are all alike: the order of the entries or the byte in which their archives differ.
  private func archivePlaces(_ difference: ImageDifference) throws -> [String: ImageDifference.Detail] {
    guard difference.files.isEmpty, !difference.layers.isEmpty else { return [:] }
    var places: [String: ImageDifference.Detail] = [:]
    for pair in layerPairs().pairs {
      let (old, new) = (first.image.layers[pair.first], second.image.layers[pair.second])
      if old.descriptor.digest == new.descriptor.digest { continue }
      let name = pair.first == pair.second ? "\(pair.first + 1)" : "\(pair.first + 1) → \(pair.second + 1)"
      if old.diffID == new.diffID {
        let blobs = try FirstDifference.between(try FileSource(path: old.path), try FileSource(path: new.path))
        places[name] = blobs?.detail("compressed otherwise, byte")
        continue
      }
      let archives = try FirstDifference.between(
        try DecompressedSource(try FileSource(path: old.path)), try DecompressedSource(try FileSource(path: new.path)))
      places[name] = order(pair) ?? archives?.detail("archive's byte")
    }
    return places
  }

  /// The first entry that another one stands for in the other archive.
  private func order(_ pair: LayerPair) -> ImageDifference.Detail? {
    guard pair.first >= first.lowest, pair.second >= second.lowest else { return nil }
    let old = first.indexes[pair.first - first.lowest].items
    let new = second.indexes[pair.second - second.lowest].items
    for number in 0..<min(old.count, new.count) where old[number].entry.path != new[number].entry.path {
      return ImageDifference.Detail("entry \(number + 1)", old[number].entry.path, new[number].entry.path)
    }
    return nil
  }

  /// What made a layer, as far as the history tells.
  private static func step(_ layer: Int, _ side: Side) -> String? {
    let steps = side.image.config.history.filter { !$0.emptyLayer }
    guard layer < steps.count, let text = steps[layer].createdBy else { return nil }
    return text.count > stepLength ? text.prefix(stepLength - 1) + "…" : text
  }
}
