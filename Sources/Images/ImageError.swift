public import Host
public import Layers
public import OCI

/// Why an image or a blob could not be read or written.
public enum ImageError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A call to the operating system failed.
  case system(SystemError)
  /// A layer or an archive is bad.
  case layer(LayerError)
  /// A document is bad.
  case document(OCIError, place: String)
  /// A blob that a document names is not there.
  case missingBlob(Digest, place: String)
  /// Some content is not what its digest says.
  case wrongDigest(expected: Digest, found: Digest, place: String)
  /// Some content has another size than its descriptor says.
  case wrongSize(expected: Int, found: Int, place: String)
  /// A directory or file is no image of the form that was asked for.
  case notAnImage(String, problem: String)
  /// There is no image of this tag.
  case unknownTag(String, place: String, known: [String])
  /// There are several images and no tag says which.
  case ambiguous(place: String, tags: [String])
  /// A text is no place of an image.
  case badReference(String)

  /// The reason in one sentence.
  public var description: String {
    switch self {
    case .system(let error): error.description
    case .layer(let error): error.description
    case .document(let error, let place): "\(place): \(error)"
    case .missingBlob(let digest, let place): "\(place) has no blob \(digest)"
    case .wrongDigest(let expected, let found, let place):
      "\(place) is damaged: its digest is \(found), expected \(expected)"
    case .wrongSize(let expected, let found, let place):
      "\(place) is damaged: it has \(found) bytes, expected \(expected)"
    case .notAnImage(let place, let problem): "\(place) is no image: \(problem)"
    case .unknownTag(let tag, let place, let known):
      "\(place) has no image '\(tag)'" + (known.isEmpty ? "" : " (it has \(known.joined(separator: ", ")))")
    case .ambiguous(let place, let tags): "\(place) holds several images, name one of \(tags.joined(separator: ", "))"
    case .badReference(let text):
      "'\(text)' is no image: expected a folder, oci:DIR[:TAG], oci-archive:FILE or docker-archive:FILE"
    }
  }
}

/// Runs a call that fails with a system error, as one of an image.
func hosted<Result: ~Copyable>(_ call: () throws(SystemError) -> Result) throws(ImageError) -> Result {
  do throws(SystemError) { return try call() } catch { throw .system(error) }
}

/// Runs a call that fails with a layer's error, as one of an image.
func layered<Result>(_ call: () throws(LayerError) -> Result) throws(ImageError) -> Result {
  do throws(LayerError) { return try call() } catch { throw .layer(error) }
}
