import Host
public import OCI
import Trust

extension HTTPClient {
  /// The longest file, in bytes, that is stored where neither its size nor a limit is given.
  private static let largestFile: Int64 = 16 << 30

  /// What a downloaded file has to be.
  public struct Expectation: Hashable, Sendable {
    /// The digest of the content.
    public let digest: Digest
    /// The length in bytes, if it is known.
    public let size: Int64?

    /// Makes an expectation.
    public init(digest: Digest, size: Int64? = nil) {
      self.digest = digest
      self.size = size
    }
  }

  /// What was downloaded.
  public struct Download: Hashable, Sendable {
    /// The digest of the content.
    public let digest: Digest
    /// The length in bytes.
    public let size: Int64
    /// How many of them lay there from an earlier, interrupted run.
    public let resumedFrom: Int64

    /// Describes a file that was had.
    public init(digest: Digest, size: Int64, resumedFrom: Int64) {
      self.digest = digest
      self.size = size
      self.resumedFrom = resumedFrom
    }
  }

  /// Stores the body under a path, which appears at once and whole, or not at all.
  ///
  /// The bytes are hashed while they are written to `PATH.part`, which gets its name when size and digest are right. If
  /// a digest is expected, a `.part` that a killed run left is continued, and one that a network fault leaves is kept
  /// for the next run. The file is not flushed to the disk: whoever reads it later checks its digest.
  public func download(
    _ request: HTTPRequest, to path: String, expecting expected: Expectation? = nil, progress: HTTPProgress? = nil
  ) async throws(HTTPError) -> Download {
    let url = request.url
    let part: PartialFile
    do {
      part = try await BlockingPool.run { () throws(SystemError) in try PartialFile(for: path) }
    } catch {
      throw HTTPError(.file(path: path, reason: "\(error)"), at: url)
    }
    do throws(HTTPError) {
      var download = try await fill(part, from: request, expecting: expected, progress: progress)
      if let expected, download.digest != expected.digest, download.resumedFrom > 0 {
        // The bytes of the earlier run may be the wrong ones: once more from the start.
        try part.empty(for: url)
        download = try await fill(part, from: request, expecting: expected, progress: progress)
      }
      if let expected, download.digest != expected.digest {
        throw HTTPError(.digestMismatch(expected: expected.digest, found: download.digest), at: url)
      }
      try part.commit(for: url)
      return download
    } catch {
      if expected == nil || !error.leavesUsefulPart { part.discard() }
      throw error
    }
  }

  /// Brings the partial file to its full length, in as many attempts as the policy allows.
  private func fill(
    _ part: PartialFile, from request: HTTPRequest, expecting expected: Expectation?, progress: HTTPProgress?
  ) async throws(HTTPError) -> Download {
    let url = request.url
    // Without a digest nothing says that the bytes of an earlier run belong to the same file.
    if expected == nil { try part.empty(for: url) }
    let start = try part.size(for: url)
    if let expected, start > 0, start == expected.size {
      return Download(digest: try await part.digest(for: url), size: start, resumedFrom: start)
    }
    if let size = expected?.size, start > size { try part.empty(for: url) }
    let resumedFrom = try part.size(for: url)
    let (answer, answerURL) = try await retrying(request) { () async throws(HTTPError) in
      try await self.attempt(part, request, expecting: expected, progress: progress)
    }
    guard let content = answer.file else { throw HTTPError(.status(answer.status), at: answerURL) }
    if let size = expected?.size, content.bytes != size {
      try part.empty(for: url)
      throw HTTPError(.wrongSize(expected: size, found: content.bytes), at: answerURL)
    }
    if let digest = content.digest { return Download(digest: digest, size: content.bytes, resumedFrom: 0) }
    return Download(digest: try await part.digest(for: url), size: content.bytes, resumedFrom: resumedFrom)
  }

  /// One attempt: goes on where the file ends, or from the start if the server can't.
  private func attempt(
    _ part: PartialFile, _ request: HTTPRequest, expecting expected: Expectation?, progress: HTTPProgress?
  ) async throws(HTTPError) -> Exchange {
    if expected == nil { try part.empty(for: request.url) }
    let offset = try part.size(for: request.url)
    var request = request
    request.range = offset > 0 ? .from(offset) : nil
    request.limits.bodyBytes = expected?.size ?? request.limits.bodyBytes ?? Self.largestFile
    let destination = TransferOrder.Destination.file(descriptor: part.descriptor, offset: offset)
    do throws(HTTPError) {
      let exchange = try await self.exchange(request, destination: destination, progress: progress)
      // RFC 9110, section 15.5.17: nothing lies behind the end of what is there, so that can't be the file's start.
      guard exchange.answer.status == 416, offset > 0 else { return exchange }
    } catch {
      switch error.kind {
      case .malformed where offset > 0: break
      case .file(_, let reason): throw HTTPError(.file(path: part.path, reason: reason), at: request.url)
      default: throw error
      }
    }
    try part.empty(for: request.url)
    request.range = nil
    return try await exchange(
      request, destination: .file(descriptor: part.descriptor, offset: 0), progress: progress)
  }
}

extension HTTPError {
  /// Whether what was received until then is the start of the right file, as far as anybody knows.
  fileprivate var leavesUsefulPart: Bool {
    switch kind {
    case .unreachable, .tls, .proxy, .timedOut, .broken, .status, .cancelled, .redirect: true
    default: false
    }
  }
}
