import Host
import Images
import OCI

/// An archive as a source: its blobs go into the store, and then it is a layout there.
enum ArchiveSource {
  /// Opens an archive of a layout, with all that is in it.
  static func oci(path: String, tag: String?, store: ContentStore) async throws(RegistryError) -> LayoutSource {
    let index = try await blocking { () throws(ImageError) in try ImageArchive.index(of: path, into: store) }
    return LayoutSource(index: index, in: store.root, tag: tag, place: path)
  }

  /// Opens an archive of `docker save`, old or new: one image.
  static func docker(
    path: String, name: String?, platform: Platform, store: ContentStore
  ) async throws(RegistryError) -> LayoutSource {
    let image = try await blocking { () throws(ImageError) in
      try ImageArchive.read(path, name: name, platform: platform, into: store)
    }
    return LayoutSource(index: Index(manifests: [image.descriptor()]), in: store.root, tag: nil, place: path)
  }
}

/// An archive as a sink: a layout beside the store that becomes one file in the end.
final class ArchiveSink: ImageSink {
  /// What the file is for.
  enum Form: Sendable {
    case oci(tag: String?)
    case docker(name: String?)
  }

  private let path: String
  private let form: Form
  private let work: TemporaryDirectory
  private let layout: LayoutSink

  init(path: String, form: Form, store: ContentStore) throws(RegistryError) {
    self.path = path
    self.form = form
    do throws(ImageError) { work = try store.temporaryDirectory() } catch { throw RegistryError(error) }
    if case .oci(let tag) = form {
      layout = try LayoutSink(path: work.path + "/layout", tag: tag)
    } else {
      layout = try LayoutSink(path: work.path + "/layout", tag: nil)
    }
  }

  var holdsMany: Bool { if case .oci = form { true } else { false } }

  func put(
    _ blob: Descriptor, mountingFrom other: Reference?, isVerified: Bool,
    content: @Sendable () async throws(RegistryError) -> BlobFile
  ) async throws(RegistryError) {
    try await layout.put(blob, mountingFrom: other, isVerified: isVerified, content: content)
  }

  func put(_ manifest: RawManifest, isRoot: Bool) async throws(RegistryError) {
    try await layout.put(manifest, isRoot: isRoot)
  }

  func finish() async throws(RegistryError) {
    try await layout.finish()
    let (path, form, directory) = (path, form, work.path + "/layout")
    try await blocking { () throws(ImageError) in
      switch form {
      case .oci: try ImageArchive.write(layout: directory, to: path)
      case .docker(let name):
        try ImageArchive.write(try OCILayout(at: directory).image(), to: path, form: .docker, name: name)
      }
    }
    work.remove()
  }
}
