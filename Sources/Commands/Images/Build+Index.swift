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
    _ writer: ImageWriter
  ) async throws -> Digest {
    let bytes = Index(
      manifests: images.map { platform, image in
        let manifest = image.descriptor()
        return Descriptor(
          mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size, platform: platform)
      }
    ).bytes
    let digest = try writer.store.add(bytes)
    try writer.name(Descriptor(mediaType: .imageIndex, digest: digest, size: bytes.count), names)
    for place in places { try await writer.write(images, index: digest, to: place) }
    if let file = dockerfile.iidfile { try Files.write("\(digest)", to: file) }
    return digest
  }

  /// The steps of each platform, and the index.
  static func text(_ results: [(platform: Platform, result: DockerfileBuild.Result)], _ digest: Digest) -> String {
    results.map { platform, result in "\(platform)\n\(text(result))" }.joined() + "\(digest)\n"
  }

  static func json(
    _ results: [(platform: Platform, result: DockerfileBuild.Result)], _ digest: Digest,
    _ second: Reproduction.Outcome?
  ) -> JSONValue {
    .object([
      "apart": Reproduction.apart, "digest": .string(digest.description), "reproduced": second?.json,
      "platforms": .object(results.map { JSONMember($0.platform.description, json($0.result)) }),
    ])
  }
}
