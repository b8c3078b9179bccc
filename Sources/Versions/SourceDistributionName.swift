/// Is the file name of a source distribution, taken apart.
public struct SourceDistributionName: Hashable, Sendable {
  /// The distribution.
  public let project: PackageName
  /// Its version.
  public let version: PEP440Version

  /// Reads `{name}-{version}{ending}` as the source distribution of a project that is known.
  ///
  /// The packaging specification ("Source distribution file name") allows one `-`, but older files carry names such as
  /// `python-dateutil-2.8.2.tar.gz`, where only the project tells the name from the version.
  public init(parsing fileName: String, project: PackageName) throws(VersionNotationError) {
    guard let ending = Self.endings.first(where: { fileName.hasSuffix($0) }) else {
      throw VersionNotationError(
        subject: "source distribution name", text: fileName, column: max(fileName.utf8.count, 1),
        expected: "an ending such as '.tar.gz' or '.zip'")
    }
    let stem = fileName.utf8.dropLast(ending.utf8.count)
    var candidate = stem.startIndex
    while let dash = stem[candidate...].firstIndex(of: UInt8(ascii: "-")) {
      if let name = try? PackageName(parsing: String(Substring(stem[..<dash]))), name == project {
        self.project = project
        version = try PEP440Version(parsing: Substring(stem[stem.index(after: dash)...]))
        return
      }
      candidate = stem.index(after: dash)
    }
    throw VersionNotationError(
      subject: "source distribution name", text: fileName, column: 1, expected: "the name '\(project)' and a version")
  }

  /// The endings in use; the specification wants the first, the index holds files with the others.
  private static let endings = [".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz"]
}
