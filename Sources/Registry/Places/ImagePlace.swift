import Host
public import OCI

/// Where an image is or goes, as it is written on a command line.
public enum ImagePlace: Hashable, Sendable, CustomStringConvertible {
  /// A registry: `docker://REFERENCE`.
  case registry(Reference)
  /// A directory in OCI's layout and a tag in it: `oci:DIR[:TAG]`.
  case layout(path: String, tag: String?)
  /// A tar file that holds such a directory: `oci-archive:FILE[:TAG]`.
  case ociArchive(path: String, tag: String?)
  /// A tar file of `docker save`: `docker-archive:FILE[:NAME[:TAG]]`.
  case dockerArchive(path: String, name: String?)
  /// The images of a Docker daemon: `docker-daemon:NAME[:TAG]`.
  case daemon(name: String)
  /// A directory with a file for each blob, as skopeo writes it: `dir:DIR`.
  case directory(path: String)
  /// A manifest in a directory with `blobs/` whose content was checked; it has no form on a command line.
  case stored(digest: Digest, root: String)

  /// Reads one of the forms; a text without a scheme is a registry's name if its first part is a host.
  public init(parsing text: String) throws(RegistryError) {
    if text.hasPrefix("docker://") {
      self = .registry(try Self.reference(text.dropFirst(9), text))
    } else if let (path, tag) = try Self.parts(text, "oci:") {
      self = .layout(path: path, tag: tag)
    } else if let (path, tag) = try Self.parts(text, "oci-archive:") {
      self = .ociArchive(path: path, tag: tag)
    } else if let (path, name) = try Self.parts(text, "docker-archive:") {
      self = .dockerArchive(path: path, name: name)
    } else if let name = Self.rest(of: text, after: "docker-daemon:") {
      guard !name.isEmpty else { throw .place(text, reason: "it names no image") }
      self = .daemon(name: String(name))
    } else if let path = Self.rest(of: text, after: "dir:") {
      guard !path.isEmpty else { throw .place(text, reason: "it names no directory") }
      self = .directory(path: String(path))
    } else {
      let first = text.prefix { $0 != "/" }
      guard first.utf8.count < text.utf8.count, first == "localhost" || first.contains(".") || first.contains(":")
      else {
        let forms = "docker://NAME, oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE, docker-daemon:NAME, dir:DIR"
        throw .place(text, reason: "expected \(forms) or HOST/NAME")
      }
      self = .registry(try Self.reference(text[...], text))
    }
  }

  private static func reference(_ name: Substring, _ text: String) throws(RegistryError) -> Reference {
    do throws(Reference.ParseError) { return try Reference(parsing: name) } catch {
      throw .place(text, reason: "\(error)")
    }
  }

  private static func rest(of text: String, after scheme: String) -> Substring? {
    text.hasPrefix(scheme) ? text.dropFirst(scheme.count) : nil
  }

  /// The path and, after its first colon, the name.
  private static func parts(_ text: String, _ scheme: String) throws(RegistryError) -> (String, String?)? {
    guard let rest = rest(of: text, after: scheme) else { return nil }
    let path = rest.prefix { $0 != ":" }
    let name = rest.dropFirst(path.count + 1)
    guard !path.isEmpty else { throw .place(text, reason: "it names no path") }
    guard path.count == rest.count || !name.isEmpty else { throw .place(text, reason: "nothing follows its last ':'") }
    return (String(path), name.isEmpty ? nil : String(name))
  }

  /// The form that ``init(parsing:)`` reads.
  public var description: String {
    func joined(_ scheme: String, _ path: String, _ name: String?) -> String {
      scheme + path + (name.map { ":" + $0 } ?? "")
    }
    return switch self {
    case .registry(let reference): "docker://\(reference)"
    case .layout(let path, let tag): joined("oci:", path, tag)
    case .ociArchive(let path, let tag): joined("oci-archive:", path, tag)
    case .dockerArchive(let path, let name): joined("docker-archive:", path, name)
    case .daemon(let name): joined("docker-daemon:", name, nil)
    case .directory(let path): joined("dir:", path, nil)
    case .stored(let digest, _): digest.description
    }
  }
}
