public import Versions

/// Is one file of a project as an index lists it.
public struct PythonFile: Hashable, Sendable {
  /// Says what kind of file it is, with what its name tells.
  public enum Kind: Hashable, Sendable {
    /// A built distribution (PEP 427).
    case wheel(WheelName)
    /// Source code that has to be built.
    case sourceDistribution(PEP440Version)
  }

  /// Says whether the index serves the file's core metadata beside it (PEP 658, PEP 714).
  public enum MetadataFile: Hashable, Sendable {
    /// The index does not say so.
    case notAnnounced
    /// It does, with the metadata's sha256 in lower-case hexadecimal digits if known.
    case announced(sha256: String?)
  }

  /// The file's name.
  public let fileName: String
  /// Where to get it, without a fragment.
  public let url: String
  /// The sha256 in lower-case hexadecimal digits, if the index knows it.
  public let sha256: String?
  /// The size in bytes, if the index knows it (PEP 700).
  public let size: Int?
  /// The versions of Python it supports, as the index gives them.
  ///
  /// Most files are never looked at, so nobody parses this before the version is a candidate.
  public let requiresPython: String?
  /// Why the release was withdrawn; empty if no reason was given, `nil` if it was not (PEP 592).
  public let yankReason: String?
  /// When it was uploaded, as the index gives it: RFC 3339 in UTC (PEP 700).
  public let uploadTime: String?
  /// Whether its metadata can be had alone.
  public let metadataFile: MetadataFile
  /// What its name says.
  public let kind: Kind

  /// Creates a file of `project`; throws if the name belongs to neither a wheel nor a source distribution of it.
  public init(
    fileName: String, project: PackageName, url: String, sha256: String? = nil, size: Int? = nil,
    requiresPython: String? = nil, yankReason: String? = nil, uploadTime: String? = nil,
    metadataFile: MetadataFile = .notAnnounced
  ) throws(VersionNotationError) {
    if fileName.hasSuffix(".whl") {
      let wheel = try WheelName(parsing: fileName)
      guard wheel.project == project else {
        throw VersionNotationError(
          subject: "wheel name", text: fileName, column: 1, expected: "the project '\(project)'")
      }
      kind = .wheel(wheel)
    } else {
      kind = .sourceDistribution(try SourceDistributionName(parsing: fileName, project: project).version)
    }
    self.fileName = fileName
    self.url = url
    self.sha256 = sha256
    self.size = size
    self.requiresPython = requiresPython
    self.yankReason = yankReason
    self.uploadTime = uploadTime
    self.metadataFile = metadataFile
  }

  /// The version that the file holds.
  public var version: PEP440Version {
    switch kind {
    case .wheel(let name): name.version
    case .sourceDistribution(let version): version
    }
  }

  /// Whether the file has to be built before it can be installed.
  public var isSourceDistribution: Bool {
    if case .sourceDistribution = kind { true } else { false }
  }
}
