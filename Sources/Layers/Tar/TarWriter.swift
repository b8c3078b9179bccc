/// Writes a tar archive entry by entry; the same entries give the same bytes everywhere.
///
/// It blocks and belongs to one thread.
public final class TarWriter {
  private let sink: any ByteSink
  private var remaining = 0
  private var padding = 0
  private var path = ""

  /// Starts an archive.
  public init(_ sink: any ByteSink) { self.sink = sink }

  /// Begins an entry, whose `size` bytes of content must follow.
  public func append(_ entry: TarEntry) throws(LayerError) {
    try endEntry()
    try sink.write(try entry.headerBlocks())
    path = entry.path
    remaining = entry.kind == .file ? entry.size : 0
    padding = -remaining & (TarHeader.blockSize - 1)
  }

  /// Adds to the current entry's content.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError) {
    guard bytes.count <= remaining else {
      throw .inconsistent(path: path, problem: "has more content than its size says")
    }
    try sink.write(bytes)
    remaining -= bytes.count
  }

  /// Adds an entry with all its content.
  public func append(_ entry: TarEntry, content: [UInt8]) throws(LayerError) {
    var sized = entry
    sized.size = content.count
    try append(sized)
    try content.withRawBytes { (buffer) throws(LayerError) in try write(buffer) }
  }

  /// Ends the archive with exactly two zero blocks.
  public func finish() throws(LayerError) {
    try endEntry()
    try sink.write([UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
  }

  private func endEntry() throws(LayerError) {
    guard remaining == 0 else {
      throw .inconsistent(path: path, problem: "has \(remaining) bytes less than its size says")
    }
    if padding > 0 { try sink.write([UInt8](repeating: 0, count: padding)) }
    padding = 0
  }
}
