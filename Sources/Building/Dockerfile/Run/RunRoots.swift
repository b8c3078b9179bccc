internal import Host
internal import Images
internal import Layers
internal import OCI

/// Directories that show the file system of a stage to a command: as few as can be, each made once.
struct RunRoots: Sendable {
  /// How many directories one overlay has at most.
  private static let depthLimit = 40

  let cache: BuildCache

  /// The directories of an overlay, the uppermost first.
  func lowers(_ layers: [StageLayer]) async throws -> [String] {
    var paths: [String] = []
    var rest = layers[...]
    while let layer = rest.last {
      let merged = "\(cache.folder(.roots))/\(Self.key("tree", rest))"
      if Files.exists(merged) { return paths + [merged] }
      let upper = "\(cache.folder(.roots))/\(Self.key("changes", rest))"
      if paths.count >= Self.depthLimit {
        break
      } else if Files.exists(upper) {
        paths.append(upper)
      } else if layer.isPlain {
        paths.append(
          try await cache.directory(.roots, key: BuildCache.key(["layer", layer.written.diffID.hex])) { directory in
            try await Self.unpack([layer], into: directory)
          })
      } else {
        break
      }
      rest = rest.dropLast()
    }
    // Nothing below, or what can only be seen whole: all that is left becomes one directory.
    return paths + [try await tree(Array(rest))]
  }

  /// One directory with everything.
  func tree(_ layers: [StageLayer]) async throws -> String {
    try await cache.directory(.roots, key: Self.key("tree", layers[...])) { directory in
      try await Self.unpack(layers, into: directory)
    }
  }

  /// Keeps what a command changed, for the next command; the directory moves.
  func keep(_ upper: String, as layers: [StageLayer]) throws(SystemError) {
    let path = "\(cache.folder(.roots))/\(Self.key("changes", layers[...]))"
    if Files.exists(path) { return }
    do throws(SystemError) { try Files.rename(upper, to: path) } catch {
      // Another build had the same thought.
      if !Files.exists(path) { throw error }
    }
  }

  private static func key(_ kind: String, _ layers: ArraySlice<StageLayer>) -> String {
    BuildCache.key([kind] + layers.map(\.written.diffID.hex))
  }

  private static func unpack(_ layers: [StageLayer], into directory: String) async throws {
    try await BlockingPool.run {
      // Whatever made the directory private, it becomes `/`, which every user passes through.
      try Files.changeMode(directory, 0o755)
      for layer in layers {
        let blob = HashingSource(try FileSource(path: layer.path))
        let extractor = try Extractor(into: directory, style: .layer)
        try extractor.extract(try TarReader(blob))
        let found = try blob.finish()
        guard found == layer.written.descriptor.digest else {
          throw ImageError.wrongDigest(
            expected: layer.written.descriptor.digest, found: found, place: layer.path)
        }
      }
    }
  }
}
