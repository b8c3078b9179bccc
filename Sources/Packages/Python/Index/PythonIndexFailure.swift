public import HTTP
public import OCI

/// Reports that an index, a link or a file could not be had, or is not what it says it is.
///
/// What an index says about packages, such as that it has none of a name, is a ``PythonIndexError``.
public enum PythonIndexFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// A request failed.
  case http(HTTPError)
  /// What a server sent is no page of an index.
  case page(url: String, reason: String)
  /// The metadata that an index serves has another digest than the one it announces.
  case metadataDigest(fileName: String, expected: String, found: String)
  /// The metadata that an index served is not the metadata in the wheel.
  case metadataDiffers(fileName: String)
  /// A file of this machine has another digest than the one expected.
  case fileDigest(path: String, expected: Digest, found: Digest)
  /// A file of this machine could not be read or written.
  case file(path: String, reason: String)

  /// One sentence: what happened, and where.
  public var description: String {
    switch self {
    case .http(let error): error.description
    case .page(let url, let reason): "\(url) can't be read as a page of a Python index: \(reason)."
    case .metadataDigest(let fileName, let expected, let found):
      "The metadata of \(fileName) has sha256 \(found) where the index announces \(expected)."
    case .metadataDiffers(let fileName):
      "The index served metadata of \(fileName) that is not the metadata in the file."
    case .fileDigest(let path, let expected, let found):
      "\(path) has the digest \(found) where \(expected) was expected."
    case .file(let path, let reason): "\(path) can't be used: \(reason)."
    }
  }

  /// Where the fault lies.
  public var fault: HTTPError.Fault {
    switch self {
    case .http(let error): error.fault
    case .file: .machine
    default: .network
    }
  }

  /// What the user may do about it, if there is something.
  public var hint: String? {
    switch self {
    case .http(let error): error.hint
    case .page: "check pip's 'index-url' setting: it has to end where the projects' names begin, often with /simple/"
    case .metadataDigest, .metadataDiffers: "the index contradicts itself; ask whoever runs it"
    case .fileDigest, .file: nil
    }
  }
}
