import OCI

/// Called on the loop's thread with the bytes received so far and the length of the whole, if it is known.
///
/// It should return at once: all transfers wait for it.
public typealias HTTPProgress = @Sendable (_ received: Int64, _ total: Int64?) -> Void

/// All that the loop's thread needs to know of one transfer: a value, so that it may cross threads.
struct TransferOrder: Sendable {
  /// Where the body of a successful answer goes.
  enum Destination: Sendable {
    case memory
    /// An open file that has `offset` bytes already and asked for the rest.
    case file(descriptor: Int32, offset: Int64)
    /// Somebody who takes the bytes as they come.
    case sink(any HTTPBodySink)
  }

  let method: HTTPRequest.Method
  let url: HTTPURL
  let headers: HTTPHeaders
  let body: [UInt8]?
  let file: HTTPRequest.FileBody?
  let limits: HTTPRequest.Limits
  let acceptsCompression: Bool
  let sharesConnection: Bool
  let destination: Destination
  let configuration: HTTPConfiguration
  let progress: HTTPProgress?
}

/// How a transfer ended.
enum TransferOutcome: Sendable {
  case answer(TransferAnswer)
  case failure(HTTPError.Kind)
}

/// What a server sent.
struct TransferAnswer: Sendable {
  let status: Int
  let headers: HTTPHeaders
  /// The body, if it did not go to the file.
  let body: [UInt8]
  /// What the file holds now, if the body went there.
  let file: FileContent?

  struct FileContent: Sendable {
    let bytes: Int64
    /// The SHA-256 of the whole, if the file was written from its start.
    let digest: Digest?
  }
}
