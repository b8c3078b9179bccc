import Host
public import Versions

/// Names an artifact without a version: what two versions of one thing have in common.
public struct MavenName: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The group, for example `org.apache.hadoop`.
  public let group: String
  /// The artifact, for example `hadoop-aws`.
  public let artifact: String

  /// Joins the parts, which were checked before.
  init(group: String, artifact: String) {
    self.group = group
    self.artifact = artifact
  }

  /// Reads `group:artifact`.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, parts.allSatisfy(Self.isPart) else { return nil }
    self.init(group: parts[0], artifact: parts[1])
  }

  /// `group:artifact`.
  public var description: String { "\(group):\(artifact)" }

  /// Orders by the text.
  public static func < (left: MavenName, right: MavenName) -> Bool { left.description < right.description }

  /// Whether a text can be a part of a coordinate: it becomes part of a path, so it has no slash and is not `..`.
  static func isPart(_ text: String) -> Bool {
    !text.isEmpty && !text.contains("..") && text != "."
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-_.+~".utf8.contains(byte)
      }
  }
}

/// Names one file of a Maven repository.
public struct MavenCoordinate: Sendable, Hashable, CustomStringConvertible {
  /// Group and artifact.
  public let name: MavenName
  /// The version as written; a range where something is asked for.
  public let version: String
  /// The file's ending, mostly `jar`.
  public let fileExtension: String
  /// What tells several files of one version apart, for example `linux-x86_64`; mostly absent.
  public let classifier: String?

  /// Joins the parts; nil when one of them can't stand in a path.
  public init?(
    group: String, artifact: String, version: String, fileExtension: String = "jar", classifier: String? = nil
  ) {
    guard MavenName.isPart(group), MavenName.isPart(artifact), MavenName.isPart(fileExtension),
      classifier.map(MavenName.isPart) ?? true
    else { return nil }
    name = MavenName(group: group, artifact: artifact)
    self.version = version
    self.fileExtension = fileExtension
    self.classifier = classifier
  }

  /// Reads `group:artifact[:extension[:classifier]]:version`, as Maven's own tools take it.
  public init(parsing text: String) throws(VersionNotationError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (3...5).contains(parts.count), let version = parts.last, (try? MavenVersionRange(parsing: version)) != nil,
      let coordinate = MavenCoordinate(
        group: parts[0], artifact: parts[1], version: version, fileExtension: parts.count > 3 ? parts[2] : "jar",
        classifier: parts.count > 4 ? parts[3] : nil)
    else {
      throw VersionNotationError(
        subject: "Maven coordinate", text: text, column: 1,
        expected: "group:artifact[:extension[:classifier]]:version")
    }
    self = coordinate
  }

  private init(_ name: MavenName, _ version: String, _ fileExtension: String, _ classifier: String?) {
    self.name = name
    self.version = version
    self.fileExtension = fileExtension
    self.classifier = classifier
  }

  /// Whether the version is one that can stand in a path, and no range.
  public var isExact: Bool { MavenName.isPart(version) }

  /// The same artifact in another version.
  func with(version: String) -> MavenCoordinate { MavenCoordinate(name, version, fileExtension, classifier) }

  /// Another file of the same version.
  func with(fileExtension: String) -> MavenCoordinate { MavenCoordinate(name, version, fileExtension, nil) }

  /// The notation that ``init(parsing:)`` reads.
  public var description: String {
    var parts = [name.group, name.artifact]
    if fileExtension != "jar" || classifier != nil { parts.append(fileExtension) }
    if let classifier { parts.append(classifier) }
    return (parts + [version]).joined(separator: ":")
  }

  /// The file's name, for example `hadoop-aws-3.3.4.jar`.
  public var fileName: String {
    "\(name.artifact)-\(version)\(classifier.map { "-\($0)" } ?? "").\(fileExtension)"
  }

  /// The folder below a repository's root that holds all versions.
  var artifactFolder: String {
    (name.group.split(separator: ".").map(String.init) + [name.artifact]).joined(separator: "/")
  }

  /// The path below a repository's root.
  public var path: String { "\(artifactFolder)/\(version)/\(fileName)" }

  /// The package URL.
  public var packageURL: PackageURL {
    PackageURL(
      type: "maven", namespace: name.group, name: name.artifact, version: version,
      qualifiers: ["classifier": classifier ?? "", "type": fileExtension == "jar" ? "" : fileExtension])
  }
}
