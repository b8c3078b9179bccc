import HTTP
import Layers

/// Is a wheel behind an address, of which a few ranges are read.
///
/// The directory of a zip archive is at its end, and a wheel's metadata is usually near it (PEP 427, "Recommended
/// archiver features"), so that one request is enough for most.
struct RemoteWheel {
  let fileName: String
  /// The length in bytes, if the index says it.
  let size: Int64?
  /// A request for the wheel, to which the ranges are added.
  let request: HTTPRequest
  let ask: (HTTPRequest) async throws(PythonIndexFailure) -> HTTPResponse

  /// How much of the end is read first, in bytes.
  private static let tailSize: Int64 = 128 << 10
  private static let limits = ZipDirectory.Limits(members: 200_000, directorySize: 64 << 20)

  /// The bytes of the member METADATA; `nil` if the server does not give parts.
  func metadata() async throws -> [UInt8]? {
    let first: HTTPRequest.ByteRange =
      size.map { .bytes(max(0, $0 - Self.tailSize)...max(0, $0 - 1)) } ?? .last(Self.tailSize)
    guard let (tail, place) = try await part(first), let total = place.total else { return nil }
    if let size, total != size {
      throw PythonIndexFailure.http(HTTPError(.wrongSize(expected: size, found: total), at: request.url))
    }
    guard place.bytes.upperBound == total - 1 else { return nil }
    var known = Known(offset: Int(place.bytes.lowerBound), bytes: tail)
    let location = try ZipDirectory.locate(
      inTail: tail, fileSize: Int(total), archive: fileName, limits: Self.limits)
    guard let directoryBytes = try await read(location.range, &known) else { return nil }
    let directory = try ZipDirectory(parsing: directoryBytes, at: location, archive: fileName, limits: Self.limits)
    let member = try Self.metadataMember(in: directory, fileName: fileName)
    // The local header can have an extra field that the directory does not tell of.
    let length = min(member.extent.count, 30 + member.name.utf8.count + 65_536 + member.compressedSize)
    let extent = member.extent.lowerBound..<member.extent.lowerBound + length
    guard let bytes = try await read(extent, &known) else { return nil }
    return try member.content(in: bytes, archive: fileName, limit: PythonMetadata.sizeLimit)
  }

  /// The member that holds the metadata: `NAME-VERSION.dist-info/METADATA`.
  static func metadataMember(in directory: ZipDirectory, fileName: String) throws(LayerError) -> ZipMember {
    let parts = fileName.split(separator: "-")
    let named = parts.count > 1 ? directory["\(parts[0])-\(parts[1]).dist-info/METADATA"] : nil
    // Old tools wrote the project's name otherwise there than in the file's name: the only one of its kind is meant.
    let candidates = directory.members.filter { member in
      let path = member.name.split(separator: "/")
      return path.count == 2 && path[1] == "METADATA" && path[0].hasSuffix(".dist-info")
    }
    guard let member = named ?? (candidates.count == 1 ? candidates[0] : nil) else {
      throw .malformed(archive: fileName, problem: "it has no file METADATA, or several")
    }
    guard member.size <= PythonMetadata.sizeLimit, member.compressedSize <= PythonMetadata.sizeLimit else {
      throw .limit(archive: fileName, quantity: "metadata in bytes", maximum: PythonMetadata.sizeLimit)
    }
    return member
  }

  /// The bytes at the end of the wheel that were received.
  private struct Known {
    var offset: Int
    var bytes: [UInt8]
  }

  /// Bytes of the wheel, out of those received if they are among them.
  private func read(_ range: Range<Int>, _ known: inout Known) async throws -> [UInt8]? {
    if range.lowerBound >= known.offset {
      let start = range.lowerBound - known.offset
      return Array(known.bytes[start..<min(start + range.count, known.bytes.count)])
    }
    // Whatever of the range is known already is not asked for again.
    let end = min(range.upperBound, known.offset)
    let wanted = Int64(range.lowerBound)...Int64(end - 1)
    guard let (bytes, place) = try await part(.bytes(wanted)), place.bytes == wanted else { return nil }
    return bytes + known.bytes.prefix(range.upperBound - end)
  }

  /// One part, and where it lies; `nil` if the server sends something else.
  private func part(_ range: HTTPRequest.ByteRange) async throws -> ([UInt8], ContentRange)? {
    var request = request
    request.range = range
    request.limits.bodyBytes =
      switch range {
      case .bytes(let bytes): Int64(bytes.count)
      case .last(let count), .from(let count): count
      }
    let answer: HTTPResponse
    do throws(PythonIndexFailure) {
      answer = try await ask(request)
    } catch {
      // A server that sends the whole file for a part is stopped by the limit.
      if case .http(let failure) = error, case .tooLarge = failure.kind { return nil }
      throw error
    }
    guard answer.status == 206 else {
      if RefusedStatus.isTransient(answer.status) || answer.status == 404 {
        throw PythonIndexFailure.http(HTTPError(.status(answer.status), at: answer.url))
      }
      return nil
    }
    guard let place = answer.headers["Content-Range"].flatMap({ ContentRange(parsing: $0) }),
      place.bytes.count == answer.body.count
    else { return nil }
    return (answer.body, place)
  }
}
