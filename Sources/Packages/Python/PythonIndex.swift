public import Versions

/// Answers what files a project has and what they say about themselves.
///
/// Over the network it is an index of packages, in tests a few values: the resolver sees nothing else.
public protocol PythonIndex: Sendable {
  /// Returns every file of a project in the index's order; throws `PythonIndexError.unknownProject` if there is no such
  /// project.
  func files(of project: PackageName) async throws -> [PythonFile]

  /// Returns the same by versions.
  func listing(of project: PackageName) async throws -> PythonListing

  /// Returns a wheel's metadata.
  func metadata(of file: PythonFile, project: PackageName) async throws -> PythonMetadata
}

extension PythonIndex {
  /// Returns the files by versions.
  public func listing(of project: PackageName) async throws -> PythonListing {
    PythonListing(try await files(of: project))
  }
}

/// Reports an answer of an index that the resolver treats as a fact about packages rather than a failure to reach them.
public enum PythonIndexError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The index has no project of this name.
  case unknownProject(PackageName)
  /// The file's metadata can't be used; the resolver passes over the version and keeps the reason.
  case unusableMetadata(fileName: String, reason: String)

  /// One sentence that names the project or file.
  public var description: String {
    switch self {
    case .unknownProject(let name): "no index has a project named '\(name)'"
    case .unusableMetadata(let fileName, let reason): "the metadata of '\(fileName)' can't be used: \(reason)"
    }
  }
}
