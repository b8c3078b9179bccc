internal import OCI

extension LayerTree {
  /// The nodes as a tar archive wants them: sorted, times not after the epoch, hard links pointing backwards.
  ///
  /// Of the names of one file the first by its bytes carries the content.
  func archiveNodes(epoch: Int) throws(LayerError) -> [Node] {
    var sorted = nodes
    var first: [String: String] = [:]
    for node in sorted {
      if case .hardLink = node.entry.kind {
        let file = try linkedFile(of: node)
        if first[file] == nil { first[file] = min(utf8: file, node.entry.path) }
      }
    }
    for index in sorted.indices {
      let path = sorted[index].entry.path
      if case .hardLink = sorted[index].entry.kind {
        let file = try linkedFile(of: sorted[index])
        if first[file] == path, let original = self[file] {
          sorted[index] = original
          sorted[index].entry.path = path
        } else {
          sorted[index].entry.kind = .hardLink(target: first[file] ?? file)
        }
      } else if let primary = first[path], primary != path {
        sorted[index].entry.kind = .hardLink(target: primary)
        sorted[index].entry.attributes = [:]
        sorted[index].content = nil
      }
      sorted[index].entry.modified = max(0, Swift.min(sorted[index].entry.modified, epoch))
    }
    return sorted
  }

  private func min(utf8 left: String, _ right: String) -> String {
    left.utf8.lexicographicallyPrecedes(right.utf8) ? left : right
  }

  /// The file that a chain of hard links ends at.
  private func linkedFile(of node: Node) throws(LayerError) -> String {
    var path = node.entry.path
    for _ in 0..<64 {
      guard let next = self[path] else { break }
      guard case .hardLink(let target) = next.entry.kind else {
        guard next.entry.kind == .file else { break }
        return path
      }
      path = target
    }
    throw .inconsistent(path: node.entry.path, problem: "is a hard link to '\(path)', which is no file of the layer")
  }

  /// Writes the tree as a tar archive; it blocks.
  ///
  /// - Parameter epoch: The latest time that an entry may have, in seconds since 1970.
  public func writeTar(to sink: any ByteSink, epoch: Int) throws(LayerError) {
    let writer = TarWriter(sink)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    for node in try archiveNodes(epoch: epoch) {
      try writer.append(node.entry)
      switch node.content {
      case nil: break
      case .bytes(let bytes): try bytes.withRawBytes { (bytes) throws(LayerError) in try writer.write(bytes) }
      case .some(let content):
        guard node.entry.kind == .file else { continue }
        let source = try content.source()
        while case let count = try source.read(into: buffer), count > 0 {
          try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
      }
    }
    try writer.finish()
  }
}

extension LayerTree.Content {
  /// Writes the content; it blocks.
  public func write(to sink: any ByteSink) throws(LayerError) {
    if case .bytes(let bytes) = self { return try sink.write(bytes) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    let source = try source()
    while case let count = try source.read(into: buffer), count > 0 {
      try sink.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// The content as a stream.
  public func source() throws(LayerError) -> any ByteSource {
    switch self {
    case .bytes(let bytes): MemorySource(bytes, name: "memory")
    case .file(let path): try FileSource(path: path)
    case .range(let path, let range): try FileSource(path: path, range: range)
    case .zipMember(let member, let archive, let digest):
      if let digest {
        VerifyingSource(try ZipArchive.open(member, inArchive: archive), member: member.name, digest: digest)
      } else {
        try ZipArchive.open(member, inArchive: archive)
      }
    }
  }
}

/// A member's content, whose digest is compared at its end.
private final class VerifyingSource: ByteSource {
  private let content: HashingSource
  private let member: String
  private let digest: Digest
  private var isVerified = false

  init(_ content: any ByteSource, member: String, digest: Digest) {
    self.content = HashingSource(content)
    self.member = member
    self.digest = digest
  }

  var name: String { content.name }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
    let count = try content.read(into: buffer)
    if count == 0 && !buffer.isEmpty && !isVerified {
      isVerified = true
      guard try content.finish() == digest else {
        throw .malformed(archive: name, problem: "'\(member)' does not have the digest that the archive lists for it")
      }
    }
    return count
  }
}
