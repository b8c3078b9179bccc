internal import Host
internal import JSON
public import OCI

extension ContentStore {
  /// An image that the store keeps, and its name.
  public struct Entry: Hashable, Sendable {
    /// The name, for example `docker.io/library/debian:12`.
    public let name: String
    /// Its manifest or index.
    public let descriptor: Descriptor
  }

  /// The images that the store keeps, sorted by name.
  public func entries() throws(ImageError) -> [Entry] {
    let path = root + "/index.json"
    guard Files.exists(path) else { return [] }
    let bytes = try hosted { () throws(SystemError) in try Files.read(path, limit: 64 << 20) }
    let index: Index
    do throws(OCIError) { index = try Index(parsing: bytes) } catch { throw .document(error, place: path) }
    return index.manifests.compactMap { descriptor in
      descriptor.annotations[ImageIndex.referenceName].map { Entry(name: $0, descriptor: descriptor) }
    }.sorted { $0.name < $1.name }
  }

  /// Keeps an image under a name, which leads to it and to no other from now on; it blocks.
  ///
  /// With its index the store is an OCI layout that other programs can read (image-spec 1.1, image-layout.md).
  public func name(_ descriptor: Descriptor, _ name: String) throws(ImageError) {
    try changeEntries { entries in
      if entries.contains(where: { $0.name == name && $0.descriptor.digest == descriptor.digest }) { return false }
      entries.removeAll { $0.name == name }
      entries.append(Entry(name: name, descriptor: descriptor))
      return true
    }
  }

  /// Forgets a name; says whether there was one.
  public func forget(_ name: String) throws(ImageError) -> Bool {
    var isKnown = false
    try changeEntries { entries in
      isKnown = entries.contains { $0.name == name }
      entries.removeAll { $0.name == name }
      return isKnown
    }
    return isKnown
  }

  private func changeEntries(_ change: (inout [Entry]) -> Bool) throws(ImageError) {
    let lock = try hosted { () throws(SystemError) in
      let handle = try FileHandle(writing: root + "/index.lock", .keep)
      _ = try handle.lock(waiting: true)
      return handle
    }
    var entries = try self.entries()
    guard change(&entries) else { return }
    let index = Index(
      manifests: entries.map { entry in
        Descriptor(
          mediaType: entry.descriptor.mediaType, digest: entry.descriptor.digest, size: entry.descriptor.size,
          annotations: [ImageIndex.referenceName: entry.name])
      })
    try hosted { () throws(SystemError) in
      if !Files.exists(root + "/oci-layout") { try Files.write(ImageIndex.layoutBytes, to: root + "/oci-layout") }
      try Files.write(index.bytes, to: root + "/index.json")
    }
    _ = consume lock
  }
}
