/// Reads an object from start to end over several connections, in pieces that come in order.
///
/// The pieces that wait are a fixed number, so memory does not grow with the object.
public final class ObjectReader {
  private let client: S3Client
  private let location: S3Location
  private var total: Int64?
  private var tag: String?
  private var nextOffset: Int64 = 0
  private var pending: [Task<Result<S3Client.Part, AWSError>, Never>] = []

  /// The first piece is small, so that whoever waits has something soon; the others are large.
  private static let firstPiece: Int64 = 256 << 10
  private static let piece: Int64 = 2 << 20
  private static let connections = 6

  /// Makes a reader; nothing is asked for yet.
  public init(_ client: S3Client, _ location: S3Location) {
    self.client = client
    self.location = location
  }

  deinit { for task in pending { task.cancel() } }

  /// The next bytes; `nil` at the end.
  public func next() async throws(AWSError) -> [UInt8]? {
    guard let total else {
      let part = try await client.read(location, 0...(Self.firstPiece - 1))
      self.total = part.total
      tag = part.tag
      nextOffset = Int64(part.bytes.count)
      ask()
      return part.bytes.isEmpty ? nil : part.bytes
    }
    guard !pending.isEmpty else { return nil }
    let first = pending.removeFirst()
    let result = await withTaskCancellationHandler {
      await first.value
    } onCancel: {
      first.cancel()
    }
    let part = try result.get()
    guard part.total == total else {
      throw .malformed(service: "S3", reason: "\(location) changed while it was read")
    }
    ask()
    return part.bytes
  }

  private func ask() {
    while let total, nextOffset < total, pending.count < Self.connections {
      let range = nextOffset...(min(nextOffset + Self.piece, total) - 1)
      nextOffset = range.upperBound + 1
      pending.append(
        Task { [client, location, tag] in
          do throws(AWSError) {
            let part = try await client.read(location, range, ifMatch: tag)
            guard Int64(part.bytes.count) == Int64(range.count) else {
              throw .malformed(service: "S3", reason: "a part of \(location) has another length")
            }
            return .success(part)
          } catch { return .failure(error) }
        })
    }
  }
}
