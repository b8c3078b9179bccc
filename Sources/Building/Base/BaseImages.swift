public import Host
public import Images
internal import JSON
public import OCI
public import Registry
public import Resolution

/// Brings base images into the store, each once for its digest.
public struct BaseImages: Sendable {
  private let cache: BuildCache
  private let registry: @Sendable () throws -> RegistryConfiguration
  private let progress: Progress

  /// Brings images into a cache.
  ///
  /// - Parameter registry: Read only when a registry has to be asked.
  public init(
    cache: BuildCache, progress: Progress = .none, registry: @escaping @Sendable () throws -> RegistryConfiguration
  ) {
    self.cache = cache
    self.registry = registry
    self.progress = progress
  }

  /// The image of a locked base, pulled unless it is here.
  ///
  /// A digest may be that of an index; the image of the platform is then remembered beside it.
  public func image(_ base: Lock.Base, platform: Platform) async throws -> Image {
    if let image = try kept(base.digest, platform) { return image }
    let reference = try Self.reference(base)
    let store = try ContentStore(at: cache.folder(.store))
    let copier = ImageCopier(client: RegistryClient(configuration: try registry()), store: store, progress: progress)
    let pulled = try await progress.during("pull \(reference.familiar)") {
      try await copier.pull(reference, ImageCopier.Selection(platform: platform))
    }
    let image = try Image(manifest: pulled.digest, in: store.root)
    guard image.config.platform.os == platform.os, image.config.platform.architecture == platform.architecture else {
      throw BaseImageError.platform(reference: base.reference, wanted: platform, found: image.config.platform)
    }
    try Files.write(pulled.digest.description, to: memo(base.digest, platform))
    return image
  }

  /// The image of a base that was pulled before, all of it.
  public func kept(_ digest: Digest, _ platform: Platform) throws -> Image? {
    guard let text = try? Files.text(memo(digest, platform)), let manifest = try? Digest(parsing: text) else {
      return nil
    }
    let store = try ContentStore(at: cache.folder(.store))
    guard let image = try? Image(manifest: manifest, in: store.root),
      image.layers.allSatisfy({ store.contains($0.descriptor.digest) })
    else { return nil }
    return image
  }

  /// Remembers a base whose content came into the store by another way than a registry, such as a vendored folder.
  ///
  /// The locked digest vouches for the index, the index for the platform's manifest, and that for all else.
  public func adopt(_ base: Lock.Base, platform: Platform) throws {
    let store = try ContentStore(at: cache.folder(.store))
    var manifest = base.digest
    if let index = try? Index(parsing: try store.read(base.digest)) {
      let fitting = index.manifests.first {
        $0.platform.map { ($0.os, $0.architecture) == (platform.os, platform.architecture) } ?? false
      }
      guard let fitting else { throw ImageError.missingBlob(base.digest, place: "the vendored base's index") }
      manifest = fitting.digest
    }
    let image = try Image(manifest: manifest, in: store.root)
    for layer in image.layers where !store.contains(layer.descriptor.digest) {
      throw ImageError.missingBlob(layer.descriptor.digest, place: "the vendored base")
    }
    try Files.write(manifest.description, to: memo(base.digest, platform))
  }

  /// The files of an image, indexed once for each layer.
  public func tree(of image: Image) async throws -> ImageTree {
    try await progress.during("index the base image") {
      try await ImageTree.read(image, keepingIn: cache.folder(.contents))
    }
  }

  /// The version of each package that a base's own databases name, by kind and name, for example `deb bash`; it is pulled
  /// unless it is here.
  public func packages(of base: Lock.Base, platform: Platform) async throws -> [String: String] {
    InstalledPackages.versions(try await tree(of: try await image(base, platform: platform)))
  }

  /// Asks the registry what a tag stands for today: the digest of its index or manifest, with the platform looked up in it.
  public func resolve(_ reference: String, platform: Platform) async throws -> Resolved {
    try await resolve(try Self.parsed(reference), platform: platform)
  }

  /// As ``resolve(_:platform:)``, of a digest that is locked.
  func resolve(pinned base: Lock.Base, platform: Platform) async throws -> Resolved {
    try await resolve(try Self.reference(base), platform: platform)
  }

  private func resolve(_ reference: Reference, platform: Platform) async throws -> Resolved {
    let store = try ContentStore(at: cache.folder(.store))
    let copier = ImageCopier(client: RegistryClient(configuration: try registry()), store: store, progress: progress)
    let found = try await progress.during("ask for \(reference.familiar)") {
      try await copier.inspect(.registry(reference), platform: platform, readsLayers: false)
    }
    if let actual = found.config?.platform, (actual.os, actual.architecture) != (platform.os, platform.architecture) {
      throw BaseImageError.platform(reference: reference.description, wanted: platform, found: actual)
    }
    var platforms: [String: Digest] = [:]
    if found.root.isIndex, let index = try? Index(parsing: found.root.bytes) {
      // Attestations lie in the index as manifests of an unknown platform.
      for manifest in index.manifests {
        guard let platform = manifest.platform, platform.os != "unknown" else { continue }
        platforms[platform.description] = manifest.digest
      }
    }
    let user = found.config.map { $0.user ?? "" }
    return Resolved(
      digest: found.root.descriptor.digest, platforms: platforms, user: user.flatMap { Lock.Base.isUser($0) ? $0 : nil }
    )
  }

  /// As ``resolve(_:platform:)``, with what a registry says apart from all other faults.
  func ask(_ reference: String, platform: Platform) async throws(RegistryError) -> Resolved {
    do { return try await resolve(reference, platform: platform) } catch let error as RegistryError {
      throw error
    } catch {
      throw .place(reference, reason: "\(error)")
    }
  }

  /// What a tag stands for.
  public struct Resolved: Sendable, Hashable {
    /// The digest of the index or manifest.
    public let digest: Digest
    /// The digest of each platform's manifest, when it is an index.
    public let platforms: [String: Digest]
    /// The user of the platform's image, empty if it names none; nil if it can't be known, or is none that `USER` takes.
    public let user: String?
  }

  private func memo(_ digest: Digest, _ platform: Platform) -> String {
    "\(cache.folder(.layers))/\(BuildCache.key(["base", digest.description, platform.description]))"
  }

  private static func parsed(_ text: String) throws -> Reference {
    do throws(Reference.ParseError) { return try Reference(parsing: text) } catch {
      throw BaseImageError.reference(text, reason: "\(error)")
    }
  }

  private static func reference(_ base: Lock.Base) throws -> Reference {
    try parsed(base.reference).pinned(to: base.digest)
  }
}

/// Why an image can't be a base.
public enum BaseImageError: Error, Sendable, CustomStringConvertible {
  /// Its name is no reference.
  case reference(String, reason: String)
  /// It is of another platform.
  case platform(reference: String, wanted: Platform, found: Platform)
  /// One of the platforms of an image is none of the base's.
  case lacksPlatform(reference: String, wanted: Platform, has: [Platform])
  /// It has no interpreter at the path that the specification names.
  case noInterpreter(reference: String, path: String)
  /// It has no such user.
  case noUser(reference: String, name: String)

  /// What is wrong, in one sentence.
  public var description: String {
    switch self {
    case .reference(let text, let reason): "'\(text)' is no image: \(reason)"
    case .platform(let reference, let wanted, let found): "\(reference) is for \(found), expected \(wanted)"
    case .lacksPlatform(let reference, let wanted, let held):
      "\(reference) is not for \(wanted), only for \(held.map(\.description).joined(separator: ", "))"
    case .noInterpreter(let reference, let path): "\(reference) has no interpreter at \(path)"
    case .noUser(let reference, let name): "\(reference) has no user '\(name)' in its /etc/passwd"
    }
  }

  /// What to do about it, if there is something.
  public var hint: String? {
    switch self {
    case .reference: "a base is written as HOST/NAME:TAG"
    case .platform: "set 'platform' in image.yaml, or record the digest of the index or of the right image"
    case .lacksPlatform: "take the platform out of image.yaml, or name a base that has it"
    case .noInterpreter: "set 'python.interpreter' in image.yaml"
    case .noUser: "name one that it has, or give uid, gid and home to make it"
    }
  }
}
