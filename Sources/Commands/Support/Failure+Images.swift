import Host
import Images
import JSON
import Layers
import OCI
import Resolution
import Versions
import YAML

extension Failure {
  /// Errors of images and archives, which are input as much as an `image.yaml` is.
  static func ofImages(_ error: any Error) -> Failure? {
    switch error {
    case let error as ImageError: ofImage(error)
    case let error as LayerError: ofLayer(error)
    default: nil
    }
  }

  private static func ofImage(_ error: ImageError) -> Failure {
    switch error {
    case .system(let error): Failure(error)
    case .layer(let error): Failure(error)
    case .document, .missingBlob, .wrongDigest, .wrongSize:
      Failure(
        status(of: error), error.description, hint: "bring the image here again; a damaged cache may be deleted")
    case .notAnImage, .badReference: Failure(.badInput, error.description)
    case .unknownTag, .ambiguous: Failure(.badInput, error.description, hint: "append the tag, as in oci:DIR:TAG")
    }
  }

  /// What is damaged in the store is this machine's; a layout, an archive or a folder of somebody's is input.
  static func status(of error: ImageError) -> ExitStatus {
    switch error {
    case .system, .layer(.system): .machine
    case .missingBlob(_, let place), .wrongDigest(_, _, let place), .wrongSize(_, _, let place):
      isKept(place) ? .machine : .badInput
    default: .badInput
    }
  }

  /// Whether a place is in the store: a path below it, or a digest, by which only the store has images.
  private static func isKept(_ place: String) -> Bool {
    let cache = Path.absolute(Environment["DRYDOCK_CACHE"] ?? Path.join(Environment.cacheDirectory, "drydock"))
    return place.hasPrefix(cache + "/") || (try? Digest(parsing: place)) != nil
  }

  private static func ofLayer(_ error: LayerError) -> Failure {
    if case .system(let error) = error { return Failure(error) }
    return Failure(.badInput, error.description)
  }

  /// Text that a person wrote and that is not in the notation it should be in.
  static func ofNotation(_ error: any Error) -> Failure? {
    switch error {
    case let error as YAMLDiagnostic: Failure(.badInput, error.description, hint: error.hint)
    case let error as VersionNotationError: Failure(.badInput, error.description)
    case let error as Platform.ParseError: Failure(.badInput, error.description)
    case let error as Digest.ParseError: Failure(.badInput, error.description)
    case let error as OCIError: Failure(.badInput, error.description)
    case let error as JSONParseError: Failure(.badInput, error.description)
    case let error as LockError: Failure(.badInput, error.description)
    default: nil
    }
  }
}
