/// Is the file name of a wheel, taken apart (PEP 427, "File name convention").
public struct WheelName: Hashable, Sendable {
  /// Orders builds of the same version: the leading number first, then the rest as text.
  public struct BuildTag: Hashable, Comparable, Sendable {
    /// The digits that the tag starts with.
    public let number: UInt64
    /// What follows them.
    public let suffix: String

    /// Orders builds by number, then by suffix.
    public static func < (left: BuildTag, right: BuildTag) -> Bool {
      (left.number, left.suffix) < (right.number, right.suffix)
    }
  }

  /// The distribution.
  public let project: PackageName
  /// Its version.
  public let version: PEP440Version
  /// The build tag, if there is one.
  public let build: BuildTag?
  private let fileName: String
  /// Where in the name the compressed tag set begins, in bytes.
  private let tagStart: Int

  /// Reads `{distribution}-{version}(-{build tag})?-{python tag}-{abi tag}-{platform tag}.whl`.
  public init(parsing fileName: String) throws(VersionNotationError) {
    var reader = WheelNameReader()
    self = try reader.read(fileName)
  }

  init(project: PackageName, version: PEP440Version, build: BuildTag?, fileName: String, tagStart: Int) {
    self.project = project
    self.version = version
    self.build = build
    self.fileName = fileName
    self.tagStart = tagStart
  }

  /// The compressed tag set as written, for example `cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64`.
  ///
  /// A project may have thousands of wheels, of which a resolution looks at a few: the set is only taken out and expanded
  /// on demand.
  public var compressedTags: String {
    String(decoding: fileName.utf8.dropFirst(tagStart).dropLast(".whl".utf8.count), as: UTF8.self)
  }

  /// Compares what the names mean: a distribution may be spelt in several ways.
  public static func == (left: WheelName, right: WheelName) -> Bool {
    left.project == right.project && left.version == right.version && left.build == right.build
      && left.compressedTags == right.compressedTags
  }

  /// Hashes what distinguishes nearly all names.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(project)
    hasher.combine(version)
    hasher.combine(compressedTags)
  }

  /// The tags that the compressed set stands for (PEP 425, "Compressed Tag Sets").
  public var tags: [WheelTag] {
    WheelTag.expand(compressedTags)
  }
}
