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
    return try RequirementsFile(comment: comment, resolution, asker: source)
  }
}
