internal import JSON
public import OCI
internal import Recording
internal import Trust

/// What a build of a Dockerfile takes from elsewhere than its folder.
public struct DockerfileSources: Hashable, Sendable {
  /// An image by the name that the file has it by.
  public struct BaseImage: Hashable, Sendable {
    /// The reference.
    public let reference: String
    /// The platform that it was taken for.
    public let platform: Platform
    /// The digest of the platform's manifest.
    public let digest: Digest
  }

  /// A file that `ADD` fetched.
  public struct AddedFile: Hashable, Sendable {
    /// The address without what may be a secret in it.
    public let address: String
    /// The digest of the whole address.
    public let key: Digest
    /// The digest of the file.
    public let digest: Digest

    /// Names a file.
    init(url: String, digest: Digest) {
      self.init(address: RemoteFile.publicAddress(url), key: DockerfileSources.key(url), digest: digest)
    }

    init(address: String, key: Digest, digest: Digest) {
      self.address = address
      self.key = key
      self.digest = digest
    }
  }

  /// The images of registries.
  public var images: Set<BaseImage> = []
  /// The files of `ADD`.
  public var files: Set<AddedFile> = []
  /// The commands that get recorded answers.
  var steps: Set<NetworkLock.Step> = []

  /// No sources.
  public init() {}

  /// These and the other ones.
  public mutating func formUnion(_ other: DockerfileSources) {
    images.formUnion(other.images)
    files.formUnion(other.files)
    steps.formUnion(other.steps)
  }

  /// The bodies of the recorded answers.
  var bodies: Set<Digest> { Set(steps.flatMap(\.requests).compactMap { $0.body?.digest }) }

  /// What an address is known by: it may have a password in it, which belongs in no file.
  static func key(_ url: String) -> Digest { SHA256.digest(of: url.utf8) }

  /// The digest of an image's manifest.
  func image(_ reference: String, _ platform: Platform) -> Digest? {
    images.first { ($0.reference, $0.platform) == (reference, platform) }?.digest
  }

  /// The digest of a file.
  func file(_ url: String) -> Digest? {
    let key = Self.key(url)
    return files.first { $0.key == key }?.digest
  }
}

// MARK: - JSON

extension DockerfileSources {
  private static let version = "1"

  /// The names and addresses with their digests; what was recorded of commands stands in the lock of the Dockerfile.
  var json: JSONValue {
    let images = images.sorted { ($0.reference, "\($0.platform)") < ($1.reference, "\($1.platform)") }
    let files = files.sorted { ($0.address, $0.key.hex) < ($1.address, $1.key.hex) }
    return .object([
      "files": .array(
        files.map { file in
          .object([
            "address": .string(file.address), "key": .string(file.key.description),
            "digest": .string(file.digest.description),
          ])
        }),
      "images": .array(
        images.map { image in
          .object([
            "reference": .string(image.reference), "platform": .string(image.platform.description),
            "digest": .string(image.digest.description),
          ])
        }), "version": .string(Self.version),
    ])
  }

  /// Reads what ``json`` wrote; nil if it is something else.
  init?(json: JSONValue) {
    guard json["version"]?.string == Self.version, let images = json["images"]?.array, let files = json["files"]?.array
    else { return nil }
    func digest(_ json: JSONValue, _ name: String) -> Digest? {
      json[name]?.string.flatMap { try? Digest(parsing: $0) }
    }
    for image in images {
      guard let reference = image["reference"]?.string, let digest = digest(image, "digest"),
        let platform = image["platform"]?.string.flatMap({ try? Platform(parsing: $0) })
      else { return nil }
      self.images.insert(BaseImage(reference: reference, platform: platform, digest: digest))
    }
    for file in files {
      guard let address = file["address"]?.string, let key = digest(file, "key"), let digest = digest(file, "digest")
      else { return nil }
      self.files.insert(AddedFile(address: address, key: key, digest: digest))
    }
  }
}
