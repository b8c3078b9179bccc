import Building
import Host
import Images
import JSON
import OCI
import Registry

extension Build {
  /// Joins the images of several platforms to an index, and puts it where it is wanted.
  ///
  /// A folder gets one for each platform, named as `docker buildx build` does.
  func deliverIndex(
    _ images: [(platform: Platform, image: Image)], to places: [ImagePlace], _ names: [Reference],
    _ copier: ImageCopier, _ cache: BuildCache
  ) async throws -> Digest {
    let store = try ContentStore(at: cache.folder(.store))
    let bytes = Index(
      manifests: images.map { platform, image in
        let manifest = image.descriptor()
        return Descriptor(
          mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size, platform: platform)
      }
    ).bytes
    let digest = try store.add(bytes)
    try Self.name(Descriptor(mediaType: .imageIndex, digest: digest, size: bytes.count), names, in: store)
    var selection = ImageCopier.Selection()
    selection.takesAll = true
    for place in places {
      guard case .directory(let folder) = place else {
        try await copier.copy(.stored(digest: digest, root: store.root), to: place, selection)
        continue
      }
      for (platform, image) in images {
        let name = platform.description.split(separator: "/").joined(separator: "_")
        try await Self.unpack(image, into: "\(folder)/\(name)")
      }
    }
    if let file = dockerfile.iidfile { try Files.write("\(digest)", to: file) }
    return digest
  }

  /// Delivers the images of a build of Drydock's own, and tells its steps.
  func reportIndex(
    _ results: [(platform: Platform, result: DockerfileBuild.Result)], to places: [ImagePlace], _ names: [Reference],
    _ copier: ImageCopier, _ cache: BuildCache
  ) async throws {
    let digest = try await deliverIndex(
      results.map { ($0.platform, $0.result.image) }, to: places, names, copier, cache)
    let texts = results.map { platform, result in "\(platform)\n\(Self.text(result))" }
    output.print(
      text: output.quiet ? "\(digest)\n" : texts.joined() + "\(digest)\n",
      json: .object([
        "digest": .string(digest.description),
        "platforms": .object(results.map { JSONMember($0.platform.description, Self.json($0.result)) }),
      ]))
  }
}
