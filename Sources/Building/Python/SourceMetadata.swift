public import Host
internal import JSON
internal import Layers
internal import OCI
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

  /// The metadata of a source distribution, as it was written when it was packed if it does not vouch for it.
  ///
  /// Without an image there is nothing to build in. Should a build find more needs than were written, an installer that
  /// demands hashes refuses what is not listed, so the mistake can't pass unseen.
  ///
  /// - Throws: `PythonIndexError.unusableMetadata` where nothing is written, which makes the resolver look for another
  ///   version.
  public func metadata(of file: PythonFile, _ project: PackageName) async throws -> PythonMetadata {
    let (stated, written) = try await read(file, project)
    if let metadata = stated ?? written { return metadata }
    throw SourceBuildError.passOver(file)
  }

  /// The metadata that the source itself states and no build changes, and that which a build might change.
  private func read(
    _ file: PythonFile, _ project: PackageName
  ) async throws -> (stated: PythonMetadata?, written: PythonMetadata?) {
    let locked = try await store.locked(file, progress: progress)
    let package = Lock.PythonPackage(
      name: project, version: file.version, isDirect: false, dependencies: [], file: locked, builtWheel: nil,
      address: file.url)
    let members = try await descriptions(of: package)
    let egg = EggInfo(metadata: members.egg["PKG-INFO"], requires: members.egg["requires.txt"])
    let packed = members.top["PKG-INFO"].flatMap { try? PythonMetadata(parsing: $0) }
    let written = (packed ?? egg.metadata).flatMap { metadata in
      metadata.name == project && metadata.version == file.version ? metadata : nil
    }
    if let written, written.hasStaticRequirements { return (written, written) }
    let table = members.top["pyproject.toml"].flatMap {
      Self.metadata(inProject: String(decoding: $0, as: UTF8.self), project, file.version)
    }
    return (table, written.map(egg.completing))
  }

  /// What the archive says about itself, read once: some are large, and have it near their end.
  private func descriptions(of package: Lock.PythonPackage) async throws -> SourceArchive.Descriptions {
    let key = BuildCache.key(["descriptions", "1", package.file.digest.hex])
    let path = try await cache.file(.built, key: key + ".json") { path in
      let archive = try await store.fetch(package, progress: progress)
      let found: SourceArchive.Descriptions
      do throws(LayerError) {
        found = try await SourceArchive.descriptions(of: archive, limit: PythonMetadata.sizeLimit)
      } catch {
        try? Files.remove(archive)
        throw PythonIndexError.unusableMetadata(fileName: package.file.name, reason: "\(error)")
      }
      try Files.write(found.json.canonicalText, to: path)
    }
    return SourceArchive.Descriptions(json: try JSONValue(parsing: try Files.read(path)))
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
