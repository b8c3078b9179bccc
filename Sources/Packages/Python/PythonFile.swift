public import Versions

/// Is one file of a project as an index lists it.
public struct PythonFile: Hashable, Sendable {
  /// Says what kind of file it is, with what its name tells.
  public enum Kind: Hashable, Sendable {
    /// A built distribution (PEP 427).
    case wheel(WheelName)
    /// Source code that has to be built.
    case sourceDistribution(PEP440Version)

    fileprivate var version: PEP440Version {
      switch self {
      case .wheel(let name): name.version
      case .sourceDistribution(let version): version
      }
    }
  }

  /// Says whether the index serves the file's core metadata beside it (PEP 658, PEP 714).
  public enum MetadataFile: Hashable, Sendable {
    /// The index does not say so.
    case notAnnounced
    /// It does, with the metadata's sha256 in lower-case hexadecimal digits if known.
    case announced(sha256: String?)
  }

  /// Is what an index tells of a file beside its name.
  public struct Details: Hashable, Sendable {
    /// Where to get it, without a fragment.
    public var url: String
    /// The sha256 in lower-case hexadecimal digits, if the index knows it.
    public var sha256: String?
    /// The size in bytes, if the index knows it (PEP 700).
    public var size: Int?
    /// The versions of Python it supports, as the index gives them.
    ///
    /// Most files are never looked at, so nobody parses this before the version is a candidate.
    public var requiresPython: String?
    /// Why the release was withdrawn; empty if no reason was given, `nil` if it was not (PEP 592).
    public var yankReason: String?
    /// When it was uploaded, as the index gives it: RFC 3339 in UTC (PEP 700).
    public var uploadTime: String?
    /// Whether its metadata can be had alone.
    public var metadataFile: MetadataFile
  }

  /// The file's name.
  public let fileName: String
  /// What its name says.
  public let kind: Kind
  private let source: any PythonFileSource
  private let place: Int

  /// Creates a file of `project`; throws if the name belongs to neither a wheel nor a source distribution of it.
  public init(
    fileName: String, project: PackageName, url: String, sha256: String? = nil, size: Int? = nil,
    requiresPython: String? = nil, yankReason: String? = nil, uploadTime: String? = nil,
    metadataFile: MetadataFile = .notAnnounced
  ) throws(VersionNotationError) {
    let details = Details(
      url: url, sha256: sha256, size: size, requiresPython: requiresPython, yankReason: yankReason,
      uploadTime: uploadTime, metadataFile: metadataFile)
    var wheelNames = WheelNameReader()
    try self.init(
      fileName: fileName, project: project, source: KnownFile(details: details), place: 0, &wheelNames)
  }

  /// Creates a file that a page lists.
  ///
  /// A page may list thousands of files, of which a resolution looks at a few: the rest of what it says is only read then.
  init(
    fileName: String, project: PackageName, source: any PythonFileSource, place: Int,
    _ wheelNames: inout WheelNameReader
  ) throws(VersionNotationError) {
    kind = try Self.kind(of: fileName, project: project, &wheelNames)
    self.fileName = fileName
    self.source = source
    self.place = place
  }

  private static func kind(
    of fileName: String, project: PackageName, _ wheelNames: inout WheelNameReader
  ) throws(VersionNotationError) -> Kind {
    guard fileName.utf8.suffix(4).elementsEqual(".whl".utf8) else {
      return .sourceDistribution(try SourceDistributionName(parsing: fileName, project: project).version)
    }
    let wheel = try wheelNames.read(fileName)
    guard wheel.project == project else {
      throw VersionNotationError(
        subject: "wheel name", text: fileName, column: 1, expected: "the project '\(project)'")
    }
    return .wheel(wheel)
  }

  /// The version that the name of a file of `project` has.
  static func version(
    of fileName: String, project: PackageName, _ wheelNames: inout WheelNameReader
  ) throws(VersionNotationError) -> PEP440Version {
    try kind(of: fileName, project: project, &wheelNames).version
  }

  /// What the index tells of it.
  public var details: Details { source.details(at: place) }

  /// Where to get it, without a fragment.
  public var url: String { details.url }
  /// The sha256 in lower-case hexadecimal digits, if the index knows it.
  public var sha256: String? { details.sha256 }
  /// The size in bytes, if the index knows it.
  public var size: Int? { details.size }
  /// The versions of Python it supports, as the index gives them.
  public var requiresPython: String? { details.requiresPython }
  /// Why the release was withdrawn.
  public var yankReason: String? { details.yankReason }
  /// When it was uploaded.
  public var uploadTime: String? { details.uploadTime }
  /// Whether its metadata can be had alone.
  public var metadataFile: MetadataFile { details.metadataFile }

  /// Compares the names and all that is told of the files.
  public static func == (left: PythonFile, right: PythonFile) -> Bool {
    left.fileName == right.fileName && left.details == right.details && left.kind == right.kind
  }

  /// Hashes the name, in which files nearly always differ.
  public func hash(into hasher: inout Hasher) { hasher.combine(fileName) }

  /// The version that the file holds.
  public var version: PEP440Version { kind.version }

  /// Whether the file has to be built before it can be installed.
  public var isSourceDistribution: Bool {
    if case .sourceDistribution = kind { true } else { false }
  }
}

/// Knows the details of files.
protocol PythonFileSource: AnyObject, Sendable {
  func details(at place: Int) -> PythonFile.Details
}

/// Is the source of a single file.
private final class KnownFile: PythonFileSource {
  private let known: PythonFile.Details

  init(details: PythonFile.Details) { known = details }

  func details(at place: Int) -> PythonFile.Details { known }
}
