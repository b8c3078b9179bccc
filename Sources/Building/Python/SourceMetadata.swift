public import Host
internal import Layers
public import Packages
internal import Resolution
internal import TOML
public import Versions

/// Tells what a source distribution needs, as far as it says so without being built.
public struct SourceMetadata: Sendable {
  private let store: PythonStore
  private let cache: BuildCache
  private let progress: Progress

  /// Reads sources that a store brings.
  public init(store: PythonStore, cache: BuildCache, progress: Progress) {
    self.store = store
    self.cache = cache
    self.progress = progress
  }

  /// The metadata of a source distribution.
  ///
  /// - Throws: `PythonIndexError.unusableMetadata` where only a build would tell, which makes the resolver look for
  ///   another version.
  public func metadata(of file: PythonFile, _ project: PackageName) async throws -> PythonMetadata {
    if let metadata = try await stated(by: file, project) { return metadata }
    throw SourceBuildError.passOver(file)
  }

  /// The metadata that the source itself states and no build changes; `nil` if it leaves that to one.
  public func stated(by file: PythonFile, _ project: PackageName) async throws -> PythonMetadata? {
    let locked = try await store.locked(file, progress: progress)
    let package = Lock.PythonPackage(
      name: project, version: file.version, isDirect: false, dependencies: [], file: locked, builtWheel: nil,
      address: file.url)
    let path = try await store.fetch(package, progress: progress)
    let members: [String: [UInt8]]
    do throws(LayerError) {
      members = try await SourceArchive.members(
        ["PKG-INFO", "pyproject.toml"], of: path, limit: PythonMetadata.sizeLimit)
    } catch {
      try? Files.remove(path)
      throw PythonIndexError.unusableMetadata(fileName: file.fileName, reason: "\(error)")
    }
    if let bytes = members["PKG-INFO"], let metadata = try? PythonMetadata(parsing: bytes),
      metadata.hasStaticRequirements, metadata.name == project, metadata.version == file.version
    {
      return metadata
    }
    guard let bytes = members["pyproject.toml"] else { return nil }
    return Self.metadata(inProject: String(decoding: bytes, as: UTF8.self), project, file.version)
  }

  /// The metadata in a `[project]` table that leaves nothing of it to the backend (PEP 621, "dynamic").
  static func metadata(
    inProject text: String, _ project: PackageName, _ version: PEP440Version
  ) -> PythonMetadata? {
    guard let table = try? TOMLNode(parsing: text)["project"],
      table["name"]?.string.flatMap({ try? PackageName(parsing: $0) }) == project
    else { return nil }
    let dynamic = Set((table["dynamic"]?.array ?? []).compactMap(\.string))
    guard dynamic.isDisjoint(with: ["dependencies", "optional-dependencies", "requires-python"]) else { return nil }
    do {
      var requirements = try (table["dependencies"]?.array ?? []).map { try Requirement(parsing: $0.string ?? "") }
      var extras: [PackageName] = []
      for entry in table["optional-dependencies"]?.table ?? [] {
        let extra = try PackageName(parsing: entry.key)
        let condition = Marker.comparison(.variable(.extra), .version(.equal), .literal(extra.description))
        extras.append(extra)
        for node in entry.value.array ?? [] {
          let requirement = try Requirement(parsing: node.string ?? "")
          requirements.append(
            Requirement(
              name: requirement.name, extras: requirement.extras, source: requirement.source,
              marker: requirement.marker.map { .all([$0, condition]) } ?? condition))
        }
      }
      return PythonMetadata(
        metadataVersion: "2.2", name: project, version: version, requirements: requirements,
        requiresPython: try table["requires-python"]?.string.map { try PEP440SpecifierSet(parsing: $0) },
        extras: extras)
    } catch {
      return nil
    }
  }
}
