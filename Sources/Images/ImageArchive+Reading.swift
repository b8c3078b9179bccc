internal import Host
internal import JSON
internal import Layers
public import OCI

extension ImageArchive {
  /// Reads an image out of an archive of either form, or of Docker's older one, into a store; it blocks.
  ///
  /// The archive may be compressed. Every blob is hashed on its way into the store.
  ///
  /// - Parameter name: The tag or, in Docker's form, the name with its tag; needed when there are several images.
  public static func read(
    _ path: String, name: String? = nil, platform: Platform = .linuxAMD64, into store: ContentStore
  ) throws(ImageError) -> Image {
    let contents = try Contents(path, store)
    if let digest = contents.files["index.json"] {
      let index: Index
      let bytes = try store.read(digest)
      do throws(OCIError) { index = try Index(parsing: bytes) } catch {
        throw .document(error, place: "\(path), index.json")
      }
      let manifest = try ImageIndex.manifest(tagged: name, in: index, platform: platform, place: path) {
        (digest) throws(ImageError) in try store.read(digest)
      }
      return try Image(manifest: manifest, in: store.root)
    }
    return try readDocker(contents, path, name: name, into: store)
  }

  /// Reads all blobs of an archive of a layout into a store, and gives the layout's index; it blocks.
  package static func index(of path: String, into store: ContentStore) throws(ImageError) -> Index {
    guard let digest = try Contents(path, store).files["index.json"] else {
      throw .notAnImage(path, problem: "an archive of an OCI layout has index.json")
    }
    let bytes = try store.read(digest)
    do throws(OCIError) { return try Index(parsing: bytes) } catch {
      throw .document(error, place: "\(path), index.json")
    }
  }

  /// What an archive held, by name; the bytes are in the store.
  private struct Contents {
    var files: [String: Digest] = [:]
    var sizes: [Digest: Int] = [:]
    var compressions: [Digest: Compression] = [:]

    init(_ path: String, _ store: ContentStore) throws(ImageError) {
      let reader = try layered { () throws(LayerError) in try TarReader(path: path) }
      var links: [(name: String, target: String)] = []
      while let entry = try layered({ () throws(LayerError) in try reader.next() }) {
        switch entry.kind {
        case .file:
          let source = PeekingEntrySource(reader)
          let parts = entry.path.split(separator: "/")
          let expected = parts.count == 3 && parts[0] == "blobs" ? try? Digest(parsing: "\(parts[1]):\(parts[2])") : nil
          let (digest, size) = try store.add(source, expecting: expected)
          guard files.updateValue(digest, forKey: entry.path) == nil else {
            throw .notAnImage(path, problem: "'\(entry.path)' stands there twice")
          }
          sizes[digest] = size
          compressions[digest] = Compression(detecting: source.start)
        case .symbolicLink(let target):
          let directory = Path.parent(entry.path).map { $0 + "/" } ?? ""
          links.append((entry.path, Path.normalize(directory + target)))
        case .hardLink(let target): links.append((entry.path, target))
        default: continue
        }
      }
      // Docker wrote a layer once and linked it where it stands again.
      for link in links where files[link.name] == nil { files[link.name] = files[link.target] }
    }
  }

  /// Reads the form that `docker save` wrote before 25 (Docker image specification 1.2).
  private static func readDocker(
    _ contents: Contents, _ path: String, name: String?, into store: ContentStore
  ) throws(ImageError) -> Image {
    guard let digest = contents.files["manifest.json"] else {
      throw .notAnImage(path, problem: "an image archive has index.json or manifest.json")
    }
    let json: JSONValue
    let bytes = try store.read(digest)
    do throws(JSONParseError) { json = try JSONValue(parsing: bytes) } catch {
      throw .document(.json(error), place: "\(path), manifest.json")
    }
    let images = json.array ?? []
    let tags = images.flatMap { $0["RepoTags"]?.strings ?? [] }
    let matching = images.filter { image in
      name.map { (image["RepoTags"]?.strings ?? []).contains($0) } ?? true
    }
    guard matching.count <= 1 else { throw .ambiguous(place: path, tags: tags) }
    guard let image = matching.first else {
      if let name { throw .unknownTag(name, place: path, known: tags) }
      throw .notAnImage(path, problem: "its manifest.json is empty")
    }
    guard let configName = image["Config"]?.string, let layerNames = image["Layers"]?.strings else {
      throw .notAnImage(path, problem: "its manifest.json lacks Config or Layers")
    }
    func blob(_ name: String) throws(ImageError) -> (Digest, Int) {
      guard let digest = contents.files[name], let size = contents.sizes[digest] else {
        throw .notAnImage(path, problem: "'\(name)' is missing")
      }
      return (digest, size)
    }
    let config = try blob(configName)
    var layers: [Descriptor] = []
    for name in layerNames {
      let (digest, size) = try blob(name)
      let type: MediaType =
        switch contents.compressions[digest] {
        case .gzip: .layerGzip
        case .zstd: .layerZstd
        default: .layer
        }
      layers.append(Descriptor(mediaType: type, digest: digest, size: size))
    }
    let manifest = Manifest(
      config: Descriptor(mediaType: .imageConfig, digest: config.0, size: config.1), layers: layers)
    let found = try Image(manifest: try store.add(manifest.bytes), in: store.root)
    for layer in found.layers { try check(layer, place: path) }
    return found
  }

  /// The form has no digests of its layers; the configuration has those of their archives.
  private static func check(_ layer: Image.Layer, place: String) throws(ImageError) {
    var digest = layer.descriptor.digest
    if digest == layer.diffID { return }
    if layer.descriptor.mediaType != .layer {
      digest = try layered { () throws(LayerError) in
        let archive = HashingSource(try DecompressedSource(try FileSource(path: layer.path)))
        return try archive.finish()
      }
      if digest == layer.diffID { return }
    }
    throw .wrongDigest(expected: layer.diffID, found: digest, place: "a layer of \(place)")
  }
}

/// The content of an archive's current entry, whose first bytes are kept to tell its compression.
private final class PeekingEntrySource: ByteSource {
  private let reader: TarReader
  private(set) var start: [UInt8] = []

  init(_ reader: TarReader) { self.reader = reader }

  var name: String { reader.name }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
    let count = try reader.read(into: buffer)
    if start.count < 6 { start.append(contentsOf: buffer[..<min(count, 6 - start.count)]) }
    return count
  }
}
