internal import OCI

/// The files of a layout that are not blobs.
///
/// Specification: OCI image-spec 1.1, image-layout.md.
package enum ImageIndex {
  /// The annotation that holds a tag.
  package static let referenceName = "org.opencontainers.image.ref.name"
  /// The annotation by which containerd, and Docker with its store, names an image.
  package static let containerdName = "io.containerd.image.name"

  /// The content of `oci-layout`.
  package static let layoutBytes = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)

  /// A name that surely ends in a tag; a colon before a slash belongs to a port.
  static func tagged(_ name: String) -> String {
    name.split(separator: "/").last?.contains(":") == true ? name : name + ":latest"
  }

  /// A name with its registry and tag, as containerd keys images.
  static func qualified(_ name: String) -> String {
    let name = tagged(name)
    guard let slash = name.firstIndex(of: "/") else { return "docker.io/library/" + name }
    let first = name[..<slash]
    return first.contains(".") || first.contains(":") || first == "localhost" ? name : "docker.io/" + name
  }

  /// Finds the manifest of a tag, or the only one when there is no tag.
  static func manifest(
    tagged tag: String?, in index: Index, platform: Platform, place: String,
    read: (Digest) throws(ImageError) -> [UInt8]
  ) throws(ImageError) -> Digest {
    let tags = index.manifests.compactMap { $0.annotations[referenceName] }
    var candidates = index.manifests
    if let tag {
      candidates = candidates.filter {
        $0.annotations[referenceName] == tag || $0.annotations[containerdName] == qualified(tag)
      }
      if candidates.isEmpty { throw .unknownTag(tag, place: place, known: tags) }
    }
    if candidates.count > 1 {
      let fitting = candidates.filter { $0.platform == nil || $0.platform == platform }
      guard fitting.count == 1 else { throw .ambiguous(place: place, tags: tags) }
      candidates = fitting
    }
    guard let found = candidates.first else { throw .notAnImage(place, problem: "its index is empty") }
    guard found.mediaType == .imageIndex || found.mediaType == .dockerManifestList else { return found.digest }
    let bytes = try read(found.digest)
    let nested: Index
    do throws(OCIError) { nested = try Index(parsing: bytes) } catch {
      throw .document(error, place: "index \(found.digest)")
    }
    guard let match = nested.manifests.first(where: { $0.platform == platform }) else {
      throw .notAnImage(place, problem: "it has nothing for \(platform)")
    }
    return match.digest
  }
}
