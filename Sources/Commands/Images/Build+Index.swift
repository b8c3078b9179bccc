import Building
import Dockerfiles
import Host
import Images
import JSON
import OCI
import Registry
import Resolution

extension Build {
  /// Joins the images of several platforms to an index, and puts it where it is wanted.
  ///
  /// A folder gets one for each platform, named as `docker buildx build` does.
  func deliverIndex(
    _ images: [(platform: Platform, image: Image)], to places: [ImagePlace], _ names: [Reference],
    _ writer: ImageWriter
  ) async throws -> Digest {
    let index = try Self.addIndex(images, to: writer.store)
    try writer.name(index, names)
    for place in places { try await writer.write(images, index: index.digest, to: place) }
    try writeResult(index, config: nil, names)
    return index.digest
  }

  /// Puts an index of images into the store.
  static func addIndex(
    _ images: [(platform: Platform, image: Image)], to store: ContentStore
  ) throws -> Descriptor {
    let bytes = Index(
      manifests: images.map { platform, image in
        let manifest = image.descriptor()
        return Descriptor(
          mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size, platform: platform)
      }
    ).bytes
    return Descriptor(mediaType: .imageIndex, digest: try store.add(bytes), size: bytes.count)
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

  /// The layers of each platform's image, and the index.
  static func text(_ results: [ImageBuild.Result], _ digest: Digest) -> String {
    results.map { "\($0.plan.spec.platform)\n\(text($0))" }.joined() + "\(digest)\n"
  }

  static func json(
    _ results: [ImageBuild.Result], _ digest: Digest, _ second: Reproduction.Outcome?
  ) -> JSONValue {
    .object([
      "apart": Reproduction.apart, "digest": .string(digest.description), "reproduced": second?.json,
      "name": results.first.map { .string($0.plan.spec.name) },
      "platforms": .object(results.map { JSONMember($0.plan.spec.platform.description, json($0)) }),
    ])
  }
}

extension ImagePlace {
  /// The place with the name that an image of a lock gets there where none is said.
  func tagged(with name: String) -> ImagePlace {
    switch self {
    case .layout(let path, nil): .layout(path: path, tag: "latest")
    case .ociArchive(let path, nil): .ociArchive(path: path, tag: "\(name):latest")
    default: self
    }
  }
}
