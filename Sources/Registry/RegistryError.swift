public import HTTP
public import Host
public import Images
public import OCI

/// Why talking to a registry came to nothing; no text in it holds a secret.
public enum RegistryError: Error, Equatable, Sendable {
  /// The request could not be made or broke.
  case http(HTTPError)
  /// The registry refused, with the specification's codes where it said any, and when it may be asked again.
  case refused(status: Int, details: [RegistryErrorDetail], at: String, retryAfter: Duration? = nil)
  /// The registry wants a login that nobody gave, or does not accept the one it got.
  case unauthorized(domain: String, user: String?, reason: String)
  /// There is no such manifest or blob.
  case missing(String)
  /// What came has another digest than what was asked for.
  case wrongDigest(expected: Digest, found: Digest, at: String)
  /// What came has another length than what its descriptor says, in bytes.
  case wrongSize(expected: Int, found: Int, at: String)
  /// The answer breaks the protocol, and how.
  case malformed(String, at: String)
  /// The network may not be used, and this is not on this machine.
  case offline(String)
  /// The configuration forbids this registry.
  case blocked(String)
  /// A file of settings or logins can't be used, and why.
  case configuration(path: String, reason: String)
  /// A program that keeps logins failed, and how.
  case helper(program: String, reason: String)
  /// The image has nothing for the platform.
  case noPlatform(Platform, available: [String], at: String)
  /// A document is not what it should be.
  case document(OCIError, at: String)
  /// The name of an image or of a place is malformed, or the place can't do what was asked.
  case place(String, reason: String)
  /// An image on this machine can't be read or written.
  case image(ImageError)
  /// This machine failed.
  case system(SystemError)
  /// The task was cancelled.
  case cancelled
}

/// One error as a registry reports it.
///
/// Specification: OCI distribution-spec 1.1, "Error Codes".
public struct RegistryErrorDetail: Hashable, Sendable {
  /// What kind of error it is; codes that the specification doesn't know round-trip.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The code as it is written.
    public let rawValue: String
    /// Takes any text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The blob is not known.
    public static let blobUnknown = Code(rawValue: "BLOB_UNKNOWN")
    /// The upload is not what it should be.
    public static let blobUploadInvalid = Code(rawValue: "BLOB_UPLOAD_INVALID")
    /// The upload is not known.
    public static let blobUploadUnknown = Code(rawValue: "BLOB_UPLOAD_UNKNOWN")
    /// The digest does not belong to the content.
    public static let digestInvalid = Code(rawValue: "DIGEST_INVALID")
    /// The manifest names a blob that is not there.
    public static let manifestBlobUnknown = Code(rawValue: "MANIFEST_BLOB_UNKNOWN")
    /// The manifest is malformed.
    public static let manifestInvalid = Code(rawValue: "MANIFEST_INVALID")
    /// The manifest is not known.
    public static let manifestUnknown = Code(rawValue: "MANIFEST_UNKNOWN")
    /// The repository's name is malformed.
    public static let nameInvalid = Code(rawValue: "NAME_INVALID")
    /// The repository is not known.
    public static let nameUnknown = Code(rawValue: "NAME_UNKNOWN")
    /// The length does not belong to the content.
    public static let sizeInvalid = Code(rawValue: "SIZE_INVALID")
    /// A login is needed.
    public static let unauthorized = Code(rawValue: "UNAUTHORIZED")
    /// The login does not suffice.
    public static let denied = Code(rawValue: "DENIED")
    /// The registry can't do this.
    public static let unsupported = Code(rawValue: "UNSUPPORTED")
    /// Too many requests came.
    public static let tooManyRequests = Code(rawValue: "TOOMANYREQUESTS")
  }

  /// What kind of error it is.
  public let code: Code
  /// The registry's own words, cut to one short line.
  public let message: String
}

extension RegistryError {
  /// Whether the same request may succeed a moment later.
  var isTemporary: Bool {
    switch self {
    case .http(let error): error.isTemporary
    case .refused(let status, _, _, _): RetryPolicy.isTemporary(status: status)
    default: false
    }
  }

  /// How long the registry wants the next attempt to wait.
  var retryAfter: Duration? { if case .refused(_, _, _, let pause) = self { pause } else { nil } }

  /// Whether another mirror may have what this one has not.
  var isWorthAnotherMirror: Bool {
    switch self {
    case .http(let error): error.fault == .network && error.kind != .cancelled
    case .refused, .unauthorized, .missing, .wrongDigest, .wrongSize, .malformed: true
    default: false
    }
  }

  /// What the user may do about it, if there is something.
  public var hint: String? {
    switch self {
    case .http(let error):
      if case .tls = error.kind {
        "put the registry's authority into /etc/docker/certs.d/HOST/ca.crt, or name it insecure in registries.conf"
      } else {
        error.hint
      }
    case .unauthorized(let domain, nil, _): "run 'drydock login \(domain)'"
    case .unauthorized(let domain, _?, _): "check the login: 'drydock login \(domain)' replaces it"
    case .refused(429, _, _, _): "the registry limits how often it is asked: log in, wait, or use a mirror"
    case .wrongDigest, .wrongSize: "the registry or a cache in between sent something else than what was asked for"
    case .offline: "run again without --offline, or pull it beforehand"
    case .blocked: "registries.conf has 'blocked = true' for it"
    case .noPlatform(_, let available, _) where !available.isEmpty:
      "it has: \(available.joined(separator: ", "))"
    case .image(let error) where error.isDamage:
      "'drydock store fsck --repair' removes what is damaged in the store; a layout of your own has to be written anew"
    case .system(let error) where error.isFullDisk:
      "free some space; 'drydock store gc' removes what no image needs, and the next run goes on from here"
    default: nil
    }
  }

  /// Where the fault lies: it decides the exit code.
  public var fault: HTTPError.Fault {
    switch self {
    case .http(let error): error.fault
    case .system: .machine
    case .image(let error): error.isDamage ? .machine : .usage
    case .configuration, .place, .noPlatform: .usage
    default: .network
    }
  }
}

extension RegistryError: CustomStringConvertible {
  /// One sentence: what happened, and where.
  public var description: String {
    switch self {
    case .http(let error): return error.description
    case .refused(let status, let details, let place, _):
      let codes = details.prefix(3).map { detail in
        detail.message.isEmpty ? detail.code.rawValue : "\(detail.code.rawValue) (\(detail.message))"
      }
      return "\(place) answered with status \(status)" + (codes.isEmpty ? "." : ": \(codes.joined(separator: ", ")).")
    case .unauthorized(let domain, let user, let reason):
      return user.map { "\(domain) does not accept the login of \($0): \(reason)." }
        ?? "\(domain) wants a login: \(reason)."
    case .missing(let what): return "\(what) does not exist there."
    case .wrongDigest(let expected, let found, let place):
      return "\(place) sent content of digest \(found) where \(expected) was expected."
    case .wrongSize(let expected, let found, let place):
      return "\(place) sent \(found) bytes where \(expected) were expected."
    case .malformed(let reason, let place): return "The answer of \(place) makes no sense: \(reason)."
    case .offline(let place): return "\(place) is needed, and the network may not be used."
    case .blocked(let name): return "\(name) is blocked by this machine's configuration."
    case .configuration(let path, let reason): return "\(path) can't be used: \(reason)."
    case .helper(let program, let reason): return "The program \(program), which keeps the login, failed: \(reason)."
    case .noPlatform(let platform, _, let place): return "\(place) has no image for \(platform)."
    case .document(let error, let place): return "\(place) is not what it should be: \(error)."
    case .place(let text, let reason): return "'\(text)' can't be used: \(reason)."
    case .image(let error): return "\(error)."
    case .system(let error): return "This machine failed: \(error)."
    case .cancelled: return "The transfer was cancelled."
    }
  }
}

/// Runs what fails by the operating system's hand.
func hosted<Result: ~Copyable>(_ work: () throws(SystemError) -> Result) throws(RegistryError) -> Result {
  do { return try work() } catch { throw .system(error) }
}

extension RegistryError {
  /// What went wrong with an image on this machine.
  init(_ error: ImageError) {
    if case .system(let reason) = error { self = .system(reason) } else { self = .image(error) }
  }
}

extension ImageError {
  /// Whether a store or a layout is not what it was when it was written.
  fileprivate var isDamage: Bool {
    switch self {
    case .wrongDigest, .wrongSize, .missingBlob: true
    default: false
    }
  }
}
