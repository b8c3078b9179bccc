import Building
import Host
import Images
import OCI
import Registry
import Sandbox

/// Puts images that were built where a person wants them.
struct ImageWriter {
  private let copier: ImageCopier
  /// Where the images are.
  let store: ContentStore

  init(_ copier: ImageCopier, _ cache: BuildCache) throws {
    self.copier = copier
    store = try ContentStore(at: cache.folder(.store))
  }

  /// Where an image goes: the forms of `drydock copy`, those of `docker build`, or a new folder.
  static func place(_ text: String) throws -> ImagePlace {
    let place = try text.hasPrefix("type=") ? exporter(text) : schemed(text)
    switch place {
    case .directory(let path): try checkIsNew(path)
    case .ociArchive(let path, _), .dockerArchive(let path, _): try checkIsReplaceable(path)
    default: break
    }
    return place
  }

  private static func schemed(_ text: String) throws -> ImagePlace {
    if text == "-" {
      throw Failure(
        .badInput, "-o -: an image is not written to standard output",
        hint: "name a file: -o docker-archive:image.tar")
    }
    let schemes = ["oci:", "oci-archive:", "docker-archive:", "docker://", "docker-daemon:"]
    if schemes.contains(where: text.hasPrefix) { return try ImagePlace(parsing: text) }
    _ = try ImageReference(parsing: text)
    return .directory(path: text)
  }

  /// Docker's "docker buildx build" reference, `--output`.
  private static func exporter(_ text: String) throws -> ImagePlace {
    var fields: [String: String] = [:]
    for field in text.split(separator: ",") {
      let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2 { fields[parts[0]] = parts[1] }
    }
    let known: Set<String> = ["type", "dest", "name", "tar", "push"]
    if let other = fields.keys.sorted().first(where: { !known.contains($0) }) {
      let hint =
        other.contains("compression")
        ? "--compression says how layers are compressed" : "type, dest, name, tar and push are known"
      throw Failure(.badInput, "-o: '\(text)': \(other) is not supported", hint: hint)
    }
    if fields["type"] == "image", fields["push"] != "true" {
      throw Failure(
        .badInput, "-o: '\(text)' would only keep the image in the store",
        hint: "-t gives it a name there; add push=true, or write type=registry, to push it")
    }
    switch (fields["type"], fields["dest"], fields["name"]) {
    case ("oci", let path?, let name):
      let tag = try name.map { try Reference(argument: $0).tag ?? Reference.defaultTag }
      return fields["tar"] == "false" ? .layout(path: path, tag: tag) : .ociArchive(path: path, tag: tag)
    case ("docker", let path?, let name): return .dockerArchive(path: path, name: name)
    case ("local", let path?, _): return .directory(path: path)
    case ("registry", _, let name?), ("image", _, let name?): return try ImagePlace(parsing: "docker://\(name)")
    default:
      throw Failure(
        .badInput, "-o: '\(text)' is no destination",
        hint: "type=oci, docker or local with dest=PATH, type=registry with name=NAME, or a form of 'drydock copy'")
    }
  }

  /// An archive takes the place of what has its name, which must be no device, pipe or folder.
  private static func checkIsReplaceable(_ path: String) throws {
    guard Files.exists(path), !Files.isFile(path) || path.hasPrefix("/dev/") && !path.hasPrefix("/dev/shm/") else {
      return
    }
    throw Failure(
      .badInput, "\(path) is no file that an archive may take the place of",
      hint: "name a file that is new, or an archive")
  }

  private static func checkIsNew(_ path: String) throws {
    guard Files.exists(path) else { return }
    throw Failure(.badInput, "\(path) exists", hint: "an image is unpacked only into a new folder")
  }

  /// Lets the store keep an image or index under names; `latest` is the tag of one without.
  func name(_ descriptor: Descriptor, _ names: [Reference]) throws {
    for name in names {
      try store.name(descriptor, name.tag == nil ? "\(name.name):\(Reference.defaultTag)" : "\(name)")
    }
  }

  /// Writes an image.
  ///
  /// - Parameter name: Its name in an archive that does not say one.
  func write(_ image: Image, to place: ImagePlace, name: String?) async throws {
    switch place {
    case .directory(let path): try await Self.unpack(image, to: path)
    case .layout(let path, nil): try await copier.copy(stored(image.digest), to: .layout(path: path, tag: "latest"))
    case .ociArchive(let path, nil):
      try await copier.copy(stored(image.digest), to: .ociArchive(path: path, tag: name))
    case .dockerArchive(let path, nil):
      try await copier.copy(stored(image.digest), to: .dockerArchive(path: path, name: name))
    default: try await copier.copy(stored(image.digest), to: place)
    }
  }

  /// Writes an index; a folder gets one for each platform, named as `docker buildx build` does.
  func write(_ images: [(platform: Platform, image: Image)], index: Digest, to place: ImagePlace) async throws {
    guard case .directory(let folder) = place else {
      var selection = ImageCopier.Selection()
      selection.takesAll = true
      try await copier.copy(stored(index), to: place, selection)
      return
    }
    for (platform, image) in images {
      let name = platform.description.split(separator: "/").joined(separator: "_")
      try await Self.unpack(image, to: "\(folder)/\(name)")
    }
  }

  private func stored(_ digest: Digest) -> ImagePlace { .stored(digest: digest, root: store.root) }

  /// Unpacks beside the place and moves there: a killed build leaves no half of a root under its name.
  private static func unpack(_ image: Image, to path: String) async throws {
    try checkIsNew(path)
    let path = Path.absolute(path)
    let parent = Path.parent(path) ?? "/"
    try await BlockingPool.run {
      try Files.createDirectory(parent)
      let work = try TemporaryDirectory(in: parent, prefix: ".\(Path.name(path))")
      // As a user's own files, where the user is root among its own users only: nobody else could remove them.
      try image.unpack(into: work.path, setsOwners: Environment.isRoot && !UserNamespace.isEntered)
      try Files.rename(work.path, to: path)
    }
  }
}
