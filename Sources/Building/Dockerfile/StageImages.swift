internal import Dockerfiles
internal import Host
internal import Images
internal import OCI
internal import Registry

/// Finds the images that stages begin with, in the store, in layouts and in registries.
struct StageImages: Sendable {
  let options: DockerfileOptions
  let workshop: BuildWorkshop

  /// An image that a stage begins with.
  struct Found: Sendable {
    /// The state that it leaves the stage.
    let state: StageState
    /// What a statement says of it.
    let dependency: Provenance.Dependency
    /// Its name, if it is a registry's.
    let source: DockerfileSources.BaseImage?
  }

  /// Finds an image.
  func state(_ name: String, platform: Platform, at position: SourcePosition) async throws -> Found {
    let place = try place(name, platform, at: position)
    let image = try await image(place, platform)
    if image.config.platform.distance(to: platform) == nil, platform.distance(to: image.config.platform) == nil {
      workshop.warn("\(position): \(name) is an image for \(image.config.platform), not for \(platform)")
    }
    // A path is only this machine's business.
    let reference = if case .registry(let reference) = place { reference.description } else { String?.none }
    let dependency = Provenance.Dependency(
      uri: reference.flatMap { Provenance.uri(ofImage: $0, image.digest) }, name: reference, digest: image.digest)
    return Found(
      state: StageState(of: image), dependency: dependency,
      source: reference.map { .init(reference: $0, platform: platform, digest: image.digest) })
  }

  private func place(_ name: String, _ platform: Platform, at position: SourcePosition) throws -> ImagePlace {
    switch options.context(name, for: platform) {
    case .image(let place): return place
    case .folder, .scratch, nil: break
    }
    for scheme in ["oci:", "oci-archive:", "docker-archive:", "docker://", "dir:"] where name.hasPrefix(scheme) {
      return try ImagePlace(parsing: name)
    }
    let reference: Reference
    do { reference = try Reference(parsing: name) } catch {
      throw DockerfileError(
        at: position, "failed to parse stage name \"\(name)\": invalid reference format: \(error)")
    }
    return .registry(reference)
  }

  private func image(_ place: ImagePlace, _ platform: Platform) async throws -> Image {
    if case .registry(let reference) = place, let vendored = options.vendored {
      guard let digest = vendored.image("\(reference)", platform) else {
        throw VendoredFolder.Failure.missing("the image \(reference) for \(platform)", folder: "the vendored folder")
      }
      return try Image(manifest: digest, in: workshop.store.root)
    }
    // What is named by its digest never changes: once it is here, nobody has to be asked.
    if case .registry(let reference) = place, let digest = reference.digest, workshop.store.contains(digest),
      let image = try? Image(manifest: digest, in: workshop.store.root), image.isComplete
    {
      return image
    }
    let digest = try await workshop.progress.during("resolve \(place)") {
      try await workshop.copier.bring(place, ImageCopier.Selection(platform: platform)).digest
    }
    return try await BlockingPool.run { () throws(ImageError) in
      try Image(manifest: digest, in: workshop.store.root)
    }
  }
}

extension Image {
  /// Whether all layers are here.
  fileprivate var isComplete: Bool { layers.allSatisfy { Files.isFile($0.path) } }
}

extension IgnoreFile {
  /// The ignore file of a folder: `.dockerignore`, else `.containerignore`, else one that ignores nothing.
  static func of(folder: String) throws -> IgnoreFile {
    for name in [".dockerignore", ".containerignore"] where Files.isFile("\(folder)/\(name)") {
      return try IgnoreFile(parsing: try Files.text("\(folder)/\(name)", limit: 1 << 20))
    }
    return IgnoreFile(patterns: [])
  }
}
