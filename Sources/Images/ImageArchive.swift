internal import Host
internal import JSON
internal import Layers
internal import OCI

/// An image in one tar file.
///
/// What is written is an OCI layout; for Docker a `manifest.json` beside it names the same blobs, as Docker itself has done
/// since 25. Older daemons read that file, containerd the index. Layers stay compressed: `docker load` inflates them.
public enum ImageArchive {
  /// Who is to read the archive.
  public enum Form: Sendable, Hashable {
    /// Readers of OCI layouts.
    case oci
    /// `docker load`, and readers of OCI layouts too.
    case docker
  }

  /// Writes an image into a file, which is replaced at once.
  ///
  /// The same image and name give the same bytes. It blocks.
  ///
  /// - Parameter name: The name and tag, for example `spark-athena:latest`.
  public static func write(_ image: Image, to path: String, form: Form, name: String?) throws(ImageError) {
    let tree = try tree(image, form: form, name: name)
    let directory = Path.parent(Path.absolute(path)) ?? "/"
    let work = try hosted { () throws(SystemError) in try TemporaryDirectory(in: directory, prefix: ".drydock") }
    let temporary = work.path + "/archive.tar"
    try layered { () throws(LayerError) in
      let sink = try DirectFileSink(path: temporary)
      try tree.writeTar(to: sink, epoch: 0)
      try sink.finish()
    }
    try hosted { () throws(SystemError) in try Files.rename(temporary, to: path) }
  }

  private static func tree(_ image: Image, form: Form, name: String?) throws(ImageError) -> LayerTree {
    let name = name.map(ImageIndex.tagged)
    var annotations: [String: String] = [:]
    annotations[ImageIndex.referenceName] = name?.split(separator: ":").last.map(String.init)
    if form == .docker, let name { annotations[ImageIndex.containerdName] = ImageIndex.qualified(name) }
    let index = Index(manifests: [image.descriptor(annotations: annotations)])
    return try layered { () throws(LayerError) in
      var tree = LayerTree()
      try tree.addDirectory("blobs")
      for algorithm in Set(["sha256"] + image.blobs.map(\.digest.algorithm.rawValue)).sorted() {
        try tree.addDirectory("blobs/\(algorithm)")
      }
      try tree.addFile("oci-layout", ImageIndex.layoutBytes)
      try tree.addFile("index.json", index.bytes)
      if form == .docker { try tree.addFile("manifest.json", dockerManifest(image, name: name)) }
      for blob in image.blobs {
        let entry = TarEntry(path: blobName(blob.digest), kind: .file, mode: 0o644, size: blob.size)
        try tree.add(entry, content: .file(path: BlobPath.path(of: blob.digest, in: image.blobRoot)))
      }
      return tree
    }
  }

  private static func blobName(_ digest: Digest) -> String { "blobs/\(digest.algorithm.rawValue)/\(digest.hex)" }

  /// The list that `docker load` reads (Docker image specification 1.2, "Combined Image JSON + Filesystem Changeset").
  private static func dockerManifest(_ image: Image, name: String?) -> [UInt8] {
    let json = JSONValue.array([
      .object([
        "Config": .string(blobName(image.manifest.config.digest)),
        "RepoTags": .strings(name.map { [$0] } ?? []),
        "Layers": .strings(image.manifest.layers.map { blobName($0.digest) }),
      ])
    ])
    return Array(json.text().utf8)
  }
}
