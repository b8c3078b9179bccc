import Host
public import Images
import JSON
public import OCI

/// What is inside an image.
public struct ImageInspection: Sendable {
  /// The manifest or index that the place leads to.
  public let root: RawManifest
  /// The platforms that an index has; empty if it is none.
  public let platforms: [Platform]
  /// The manifest of the platform's image.
  public let manifest: RawManifest
  /// Its layers, bottom first; empty if it is no image of layers.
  public let layers: [Descriptor]
  /// Its configuration, if it has one that can be read as such.
  public let config: ImageConfig?
  /// What says something about it.
  public let referrers: [Descriptor]
  /// What its layers hold and hide, if that was asked for.
  public let usage: LayerUsage?

  /// For each layer what made it, as far as the history tells.
  public var commands: [String?] {
    let steps = (config?.history ?? []).filter { !$0.emptyLayer }.map(\.createdBy)
    return layers.indices.map { $0 < steps.count ? steps[$0] : nil }
  }
}

extension ImageCopier {
  /// Looks into an image.
  ///
  /// - Parameter readsLayers: Whether the layers are fetched and read to see what they waste.
  public func inspect(
    _ place: ImagePlace, platform: Platform, readsLayers: Bool
  ) async throws(RegistryError) -> ImageInspection {
    let selection = Selection(platform: platform)
    let source = try await source(place, selection)
    let root = try await source.root()
    let manifest = root.isIndex ? try await choose(platform, from: root, source, at: place) : root
    var platforms: [Platform] = []
    if root.isIndex, let index = try? Index(parsing: root.bytes) { platforms = index.manifests.compactMap(\.platform) }
    let document = try? Manifest(parsing: manifest.bytes)
    var config: ImageConfig?
    if let descriptor = document?.config, descriptor.mediaType == .imageConfig || descriptor.mediaType == .dockerConfig
    {
      let file = try await source.blob(descriptor, progress: .none)
      config = try? ImageConfig(parsing: try file.read(limit: 16 << 20))
    }
    var usage: LayerUsage?
    if readsLayers, config != nil {
      let digest = try await bringIntoStore(place, selection).descriptor.digest
      let directory = storeRoot
      usage = try await blocking { () throws(ImageError) in
        try LayerUsage(of: try Image(manifest: digest, in: directory))
      }
    }
    var referrers: [Descriptor] = []
    for digest in Set([root.descriptor.digest, manifest.descriptor.digest]) {
      referrers += try await source.referrers(of: digest)
    }
    return ImageInspection(
      root: root, platforms: platforms, manifest: manifest, layers: document?.layers ?? [], config: config,
      referrers: referrers, usage: usage)
  }
}
