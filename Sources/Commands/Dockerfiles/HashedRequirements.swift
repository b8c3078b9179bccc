import Building
import Dockerfiles
import Host
import OCI
import Packages
import Resolution
import Versions

/// Resolves requirements for interpreters into a hashed requirements file.
struct HashedRequirements {
  let requirements: [Requirement]
  let constraints: [Requirement]
  let platforms: [PythonPlatform]
  /// What the base image holds and is kept where it can be.
  let kept: [GlueRelease.Package]

  /// The file, with the hashes of all files of each package.
  ///
  /// - Parameters:
  ///   - comment: What the file says about itself.
  ///   - source: The file that asks, for what each entry is there for.
  func file(comment: [String], source: String, workplace: Workplace) async throws -> RequirementsFile {
    let resolver = PythonResolver(index: workplace.index) { file, _ in throw SourceBuildError.passOver(file) }
    let pins = Dictionary(kept.map { ($0.name, $0.version) }) { $1 }
    let resolution = try await workplace.progress.during("resolve \(source)") {
      try await resolver.resolve(for: platforms) { target, earlier in
        var request = PythonRequest(requirements: requirements, constraints: constraints, target: target)
        request.preferences = pins.merging(earlier) { $1 }
        return request
      }.joined
    }
    let file = RequirementsFile(
      comment: comment,
      entries: try resolution.packages.map { package in
        RequirementsFile.Entry(
          name: package.name, extras: package.extras, version: package.version, marker: resolution.marker(of: package),
          digests: try package.files.compactMap { file in
            try file.sha256.map { try Digest(algorithm: .sha256, hex: $0) }
          }.sorted { $0.hex < $1.hex },
          via: package.requiredBy.map { requirer in
            switch requirer {
            case .request: source
            case .package(let name): name.description
            }
          })
      })
    if let unhashed = file.entries.first(where: \.digests.isEmpty) {
      throw Failure(
        .network, "the index gives no sha256 for the files of \(unhashed.name) \(unhashed.version)",
        hint: "use an index that states hashes (PEP 503, PEP 691)")
    }
    return file
  }
}
