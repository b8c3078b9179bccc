import HTTP
import Host
import Layers
package import OCI
import Trust
import XML

/// Bringing indexes into the cache, and reading them there.
extension RPMRepositories {
  /// Largest index of indexes and index that are read, in bytes; Amazon's own are 5 kB and 150 MB.
  private static let smallLimit: Int64 = 8 << 20
  private static let indexLimit = 1 << 30

  func small(_ url: HTTPURL, _ what: String, _ credentials: Credentials?) async throws(RPMError) -> [UInt8] {
    var request = HTTPRequest(url, credentials: credentials)
    request.limits.bodyBytes = Self.smallLimit
    do throws(HTTPError) { return try await client.data(for: request).requiringSuccess().body } catch {
      throw .unreachable(what, [error])
    }
  }

  /// The path of an index's plain form, from the cache or the mirror.
  func plain(
    _ entry: RepositoryIndex.Entry, root: HTTPURL, credentials: Credentials?
  ) async throws(RPMError) -> String {
    let plain = entry.plain ?? entry.packed
    let stored = path(of: plain.digest)
    let isThere = await BlockingPool.run { (try? SHA256.digest(ofFile: stored))?.digest == plain.digest }
    if isThere { return stored }
    guard max(plain.size ?? 0, entry.packed.size ?? 0) <= Self.indexLimit else {
      throw .malformed("the index \(entry.path)", reason: "it is larger than \(Self.indexLimit) bytes")
    }
    let file = path(of: entry.packed.digest)
    try await download(
      root.appending(path: entry.path), to: file, entry.packed.digest, size: entry.packed.size, credentials,
      what: "the index \(entry.path)")
    guard entry.plain != nil else { return file }
    try await BlockingPool.run { () throws(RPMError) in
      defer { try? Files.remove(file) }
      do throws(LayerError) {
        let source = HashingSource(try DecompressedSource(FileSource(path: file)))
        let temporary = stored + ".new"
        try? Files.remove(temporary)
        let size = try Self.write(source, to: temporary, limit: plain.size ?? Self.indexLimit)
        guard try source.finish() == plain.digest, plain.size == nil || plain.size == size else {
          try? Files.remove(temporary)
          throw .malformed(archive: entry.path, problem: "its unpacked form has another digest than the one stated")
        }
        do throws(SystemError) { try Files.rename(temporary, to: stored) } catch { throw .system(error) }
      } catch {
        throw .malformed("the index \(entry.path)", reason: "\(error)")
      }
    }
    return stored
  }

  private static func write(_ source: HashingSource, to path: String, limit: Int) throws(LayerError) -> Int {
    let sink = try FileSink(path: path)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = try source.read(into: buffer)
      if count == 0 { return sink.size }
      guard sink.size + count <= limit else {
        throw .limit(archive: source.name, quantity: "size in bytes", maximum: limit)
      }
      try sink.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// Parses a file that is whole and has the right digest.
  static func parse(_ path: String, _ visitor: some XMLVisitor, place: String) throws(RPMError) {
    let stream = XMLStream(visitor)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    do throws(LayerError) {
      let source = try DecompressedSource(FileSource(path: path))
      while true {
        let count = try source.read(into: buffer)
        if count == 0 { break }
        do throws(XMLParseError) { try stream.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count])) } catch {
          throw .malformed(archive: place, problem: "\(error)")
        }
      }
    } catch { throw .malformed(place, reason: "\(error)") }
    do throws(XMLParseError) { try stream.finish() } catch { throw .malformed(place, reason: "\(error)") }
  }

  /// Where a file of this digest lies in the cache.
  package func path(of digest: Digest) -> String { "\(cache)/\(digest.algorithm.rawValue)/\(digest.hex)" }

  /// Brings a file into the cache; one error for each thing that can be wrong.
  func download(
    _ url: HTTPURL, to path: String, _ digest: Digest, size: Int?, _ credentials: Credentials?, what: String
  ) async throws(RPMError) {
    do throws(SystemError) { try Files.createDirectory(Path.parent(path) ?? cache) } catch { throw .system(error) }
    do throws(HTTPError) {
      _ = try await client.download(
        HTTPRequest(url, credentials: credentials), to: path,
        expecting: HTTPClient.Expectation(digest: digest, size: size.map { Int64($0) }))
    } catch {
      switch error.kind {
      case .digestMismatch, .wrongSize, .tooLarge: throw .wrongContent(what, error)
      default: throw .unreachable(what, [error])
      }
    }
  }
}
