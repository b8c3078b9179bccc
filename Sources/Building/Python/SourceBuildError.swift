public import Packages
public import Versions

/// Why a source distribution did not become a wheel.
public enum SourceBuildError: Error, Sendable, CustomStringConvertible {
  /// There is no interpreter to build with, for a requirements file without an image.
  case noInterpreter(PackageName, PEP440Version)
  /// The build failed; the text is the end of what it printed.
  case failed(PackageName, PEP440Version, step: String, output: String)
  /// The build answered with something else than the name of one wheel of the project.
  case unexpected(PackageName, PEP440Version, found: String)

  /// What happened, in one sentence, then the output.
  public var description: String {
    switch self {
    case .noInterpreter(let name, let version):
      "\(name) \(version) has no wheel that fits, and its source can only be built inside an image"
    case .failed(let name, let version, let step, let output):
      "\(name) \(version) could not be built (\(step)):\n\(output)"
    case .unexpected(let name, let version, let found):
      "building \(name) \(version) should have made one wheel of it, found '\(found)'"
    }
  }
}

extension SourceBuildError {
  /// Makes the resolver look for a version with a wheel: a source can only be built where there is an image to build it in.
  public static func passOver(_ file: PythonFile) -> PythonIndexError {
    .unusableMetadata(
      fileName: file.fileName, reason: "no wheel of this version fits, and a source can only be built inside an image")
  }
}
