internal import Host

/// Reads a tar archive entry by entry, whatever it is compressed with, in constant memory.
///
/// USTAR, pax and GNU's long names are read; sparse files and multi-volume archives are refused. Names that are not UTF-8,
/// that are absolute or that hold `..` are refused: no archive of a package or a layer has an honest use for them.
/// It blocks and belongs to one thread.
public final class TarReader {
  private let source: any ByteSource
  private let limits: TarLimits
  private let trimsRoot: Bool
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
  private var filled = 0..<0
  private var remaining = 0
  private var padding = 0
  private var entryCount = 0
  private var totalSize = 0
  private var isAtEnd = false
  private var global = PAXRecords()

  /// Reads the archive in a source, which may be compressed.
  ///
  /// - Parameter trimsRoot: Whether slashes before names are dropped, as `tar` does when it unpacks what `tar -P` wrote.
  public init(
    _ source: any ByteSource, limits: TarLimits = .generous, trimsRoot: Bool = false
  ) throws(LayerError) {
    self.trimsRoot = trimsRoot
    self.source = try DecompressedSource(source)
    self.limits = limits
  }

  /// Reads the archive in a file, which may be compressed.
  public convenience init(
    path: String, limits: TarLimits = .generous, trimsRoot: Bool = false
  ) throws(LayerError) {
    try self.init(try FileSource(path: path), limits: limits, trimsRoot: trimsRoot)
  }

  deinit { buffer.deallocate() }

  /// The archive's name, for errors.
  public var name: String { source.name }

  /// Goes on to the next entry, past what is left of the current one's content; nil is the end.
  public func next() throws(LayerError) -> TarEntry? {
    if isAtEnd { return nil }
    try skip(remaining + padding)
    (remaining, padding) = (0, 0)
    var records = PAXRecords()
    while true {
      let block = try take(TarHeader.blockSize)
      if block.allSatisfy({ $0 == 0 }) { return try end() }
      guard let header = TarHeader(parsing: block) else {
        throw malformed("a header block has a wrong checksum or number")
      }
      switch header.type {
      case UInt8(ascii: "x"):
        guard let read = PAXRecords(parsing: try body(header)) else { throw malformed("a pax record is malformed") }
        records = records.merging(read)
      case UInt8(ascii: "g"):
        guard let read = PAXRecords(parsing: try body(header)) else { throw malformed("a pax record is malformed") }
        global = global.merging(read)
      case UInt8(ascii: "L"): records["path"] = try longName(header)
      case UInt8(ascii: "K"): records["linkpath"] = try longName(header)
      default: return try entry(header, global.merging(records))
      }
    }
  }

  /// Reads some of the current entry's content; 0 is its end.
  public func read(into target: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
    let wanted = min(target.count, remaining)
    if wanted == 0 { return 0 }
    let part = UnsafeMutableRawBufferPointer(rebasing: target[..<wanted])
    let count: Int
    if filled.isEmpty && wanted >= buffer.count {
      count = try source.read(into: part)
    } else {
      if filled.isEmpty { try refill() }
      count = min(wanted, filled.count)
      part.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[filled.lowerBound..<filled.lowerBound + count]))
      filled = filled.lowerBound + count..<filled.upperBound
    }
    if count == 0 { throw .truncated(archive: name) }
    remaining -= count
    return count
  }

  /// Hands the rest of the current entry's content to a function, piece by piece.
  public func forEachChunk(_ consume: (UnsafeRawBufferPointer) throws(LayerError) -> Void) throws(LayerError) {
    while remaining > 0 {
      if filled.isEmpty { try refill() }
      if filled.isEmpty { throw .truncated(archive: name) }
      let count = min(remaining, filled.count)
      try consume(UnsafeRawBufferPointer(rebasing: buffer[filled.lowerBound..<filled.lowerBound + count]))
      filled = filled.lowerBound + count..<filled.upperBound
      remaining -= count
    }
  }

  /// The rest of the current entry's content.
  ///
  /// - Parameter limit: The most bytes that may be left.
  public func content(limit: Int = 64 << 20) throws(LayerError) -> [UInt8] {
    guard remaining <= limit else { throw .limit(archive: name, quantity: "entry size in bytes", maximum: limit) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(remaining)
    try forEachChunk { (chunk) throws(LayerError) in bytes.append(contentsOf: chunk) }
    return bytes
  }

  // MARK: Blocks

  private func refill() throws(LayerError) { filled = 0..<(try source.read(into: buffer)) }

  /// The next bytes, which stay valid until the next call; at most the buffer's size.
  private func take(_ count: Int) throws(LayerError) -> UnsafeRawBufferPointer {
    if filled.count < count {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[filled])
      UnsafeMutableRawBufferPointer(rebasing: buffer[..<rest.count]).copyMemory(from: rest)
      filled = 0..<rest.count
      while filled.count < count {
        let more = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled.upperBound...]))
        if more == 0 { throw .truncated(archive: name) }
        filled = 0..<filled.upperBound + more
      }
    }
    let block = UnsafeRawBufferPointer(rebasing: buffer[filled.lowerBound..<filled.lowerBound + count])
    filled = filled.lowerBound + count..<filled.upperBound
    return block
  }

  private func skip(_ count: Int) throws(LayerError) {
    var rest = count
    while rest > 0 {
      if filled.isEmpty { try refill() }
      if filled.isEmpty { throw .truncated(archive: name) }
      let step = min(rest, filled.count)
      filled = filled.lowerBound + step..<filled.upperBound
      rest -= step
    }
  }

  /// Reads the second zero block and then to the source's end, so that a checksum there is looked at.
  private func end() throws(LayerError) -> TarEntry? {
    guard try take(TarHeader.blockSize).allSatisfy({ $0 == 0 }) else {
      throw malformed("a single zero block stands between two entries")
    }
    repeat { try refill() } while !filled.isEmpty
    isAtEnd = true
    return nil
  }

  private static func padding(of size: Int) -> Int { -size & (TarHeader.blockSize - 1) }

  /// The content of an extended header.
  private func body(_ header: TarHeader) throws(LayerError) -> [UInt8] {
    let maximum = 1 << 20
    guard (0...maximum).contains(header.size) else {
      throw .limit(archive: name, quantity: "extended header's size in bytes", maximum: maximum)
    }
    var bytes: [UInt8] = []
    var rest = header.size
    while rest > 0 {
      let step = min(rest, TarHeader.blockSize)
      bytes.append(contentsOf: try take(step))
      rest -= step
    }
    try skip(Self.padding(of: header.size))
    return bytes
  }

  private func longName(_ header: TarHeader) throws(LayerError) -> [UInt8] {
    Array(try body(header).prefix { $0 != 0 })
  }

  // MARK: Entries

  private func entry(_ header: TarHeader, _ records: PAXRecords) throws(LayerError) -> TarEntry {
    entryCount += 1
    guard entryCount <= limits.entries else {
      throw .limit(archive: name, quantity: "number of entries", maximum: limits.entries)
    }
    if records.values.keys.contains(where: { $0.hasPrefix("GNU.sparse.") }) {
      throw .unsupported(archive: name, feature: "a sparse file")
    }
    let rawPath = try text(records["path"] ?? header.name)
    let path = try contained(rawPath)
    let size = records.integer("size") ?? header.size
    guard size >= 0 else { throw malformed("'\(path)' has a negative size") }
    guard size <= limits.entrySize else {
      throw .limit(archive: name, quantity: "entry size in bytes", maximum: limits.entrySize)
    }
    let kind = try kind(header, records, isDirectory: rawPath.hasSuffix("/"))
    if kind == .file {
      totalSize += size
      guard totalSize <= limits.totalSize else {
        throw .limit(archive: name, quantity: "size in bytes", maximum: limits.totalSize)
      }
      remaining = size
      padding = Self.padding(of: size)
    }
    // A hard link may give its file's size; like Go's reader, and so every container tool, no content is expected then.
    guard let uid = UInt32(exactly: records.integer("uid") ?? header.uid),
      let gid = UInt32(exactly: records.integer("gid") ?? header.gid)
    else { throw malformed("'\(path)' has an impossible owner") }
    return TarEntry(
      path: path, kind: kind, mode: UInt32(header.mode & 0o7777), uid: uid, gid: gid, size: remaining,
      modified: records.integer("mtime") ?? header.modified, attributes: records.attributes)
  }

  private func kind(
    _ header: TarHeader, _ records: PAXRecords, isDirectory: Bool
  ) throws(LayerError) -> TarEntry.Kind {
    let device = (UInt32(clamping: header.deviceMajor), UInt32(clamping: header.deviceMinor))
    switch header.type {
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): return isDirectory ? .directory : .file
    case UInt8(ascii: "1"): return .hardLink(target: try contained(try text(records["linkpath"] ?? header.linkName)))
    case UInt8(ascii: "2"): return .symbolicLink(target: try text(records["linkpath"] ?? header.linkName))
    case UInt8(ascii: "3"): return .characterDevice(major: device.0, minor: device.1)
    case UInt8(ascii: "4"): return .blockDevice(major: device.0, minor: device.1)
    case UInt8(ascii: "5"): return .directory
    case UInt8(ascii: "6"): return .fifo
    case UInt8(ascii: "S"): throw .unsupported(archive: name, feature: "a sparse file")
    default: throw .unsupported(archive: name, feature: "an entry of type \(header.type)")
    }
  }

  private func text(_ bytes: [UInt8]) throws(LayerError) -> String {
    guard bytes.count <= limits.pathLength else {
      throw .limit(archive: name, quantity: "path length in bytes", maximum: limits.pathLength)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .unsupported(
        archive: name, feature: "a name that is not UTF-8 ('\(String(decoding: bytes, as: UTF8.self))')")
    }
    return text
  }

  private func contained(_ path: String) throws(LayerError) -> String {
    if trimsRoot, path.hasPrefix("/") {
      let rest = String(path.drop { $0 == "/" })
      return rest.isEmpty ? "." : try contained(rest)
    }
    if let contained = Path.contained(path) { return contained }
    if !path.isEmpty && path.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") })
      && !path.hasPrefix("/") && Path.normalize(path) == "."
    {
      return "."
    }
    throw .unsafe(archive: name, entry: path, problem: "lies outside the archive's root")
  }

  private func malformed(_ problem: String) -> LayerError { .malformed(archive: name, problem: problem) }
}
