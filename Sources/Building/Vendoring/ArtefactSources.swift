public import Packages

/// Where the files of a lock come from, and where this machine's cache has them.
public struct ArtefactSources: Sendable {
  /// The Debian archive, of a lock that has its packages.
  let debian: DebianArchive?
  /// The RPM repositories, of a lock that has their packages.
  let rpm: RPMRepositories?
  /// The Maven repositories, of a lock that has their files.
  let maven: MavenRepositories?
  /// Python's files.
  let python: PythonStore

  /// Joins the sources.
  public init(debian: DebianArchive?, rpm: RPMRepositories?, maven: MavenRepositories?, python: PythonStore) {
    self.debian = debian
    self.rpm = rpm
    self.maven = maven
    self.python = python
  }
}
