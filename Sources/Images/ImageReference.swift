internal import Host

/// The place of an image on this machine, as it is written on a command line.
public enum ImageReference: Hashable, Sendable, CustomStringConvertible {
  /// A directory in OCI's layout and a tag in it.
  case layout(path: String, tag: String?)
  /// A tar file that holds such a directory.
  case ociArchive(path: String, tag: String?)
  /// A tar file for `docker load`, and a name in it.
  case dockerArchive(path: String, name: String?)
  /// A folder: with an `image.yaml` that describes an image, or without, an unpacked root.
  case directory(path: String)

  /// Reads `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME]` or a path.
  ///
  /// Names of registries are refused here: they belong to whoever can reach one.
  public init(parsing text: String) throws(ImageError) {
    if let (path, tag) = Self.parts(text, "oci:") {
      self = .layout(path: path, tag: tag)
    } else if let (path, tag) = Self.parts(text, "oci-archive:") {
      self = .ociArchive(path: path, tag: tag)
    } else if let (path, name) = Self.parts(text, "docker-archive:") {
      self = .dockerArchive(path: path, name: name)
    } else {
      guard !text.isEmpty, !text.contains("://"), !text.contains(":") || Files.exists(text) else {
        throw .badReference(text)
      }
      self = .directory(path: text)
    }
  }

  /// The path and, after its first colon, the tag.
  private static func parts(_ text: String, _ scheme: String) -> (String, String?)? {
    guard text.hasPrefix(scheme) else { return nil }
    let rest = text.dropFirst(scheme.count)
    guard let colon = rest.firstIndex(of: ":") else { return rest.isEmpty ? nil : (String(rest), nil) }
    let tag = String(rest[rest.index(after: colon)...])
    return colon == rest.startIndex || tag.isEmpty ? nil : (String(rest[..<colon]), tag)
  }

  /// The form that ``init(parsing:)`` reads.
  public var description: String {
    func joined(_ scheme: String, _ path: String, _ tag: String?) -> String {
      scheme + path + (tag.map { ":" + $0 } ?? "")
    }
    return switch self {
    case .layout(let path, let tag): joined("oci:", path, tag)
    case .ociArchive(let path, let tag): joined("oci-archive:", path, tag)
    case .dockerArchive(let path, let name): joined("docker-archive:", path, name)
    case .directory(let path): path
    }
  }

  /// The image at the place.
  ///
  /// Archives are read into the store. It blocks.
  public func image(store: ContentStore) throws(ImageError) -> Image {
    switch self {
    case .layout(let path, let tag): try OCILayout(at: path).image(tag: tag)
    case .ociArchive(let path, let name), .dockerArchive(let path, let name):
      try ImageArchive.read(path, name: name, into: store)
    case .directory(let path): try OCILayout(at: path).image()
    }
  }
}
