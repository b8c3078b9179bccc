internal import OCI
internal import Trust

extension RPMArchive {
  /// Where the contents of a package's files lie in a spool, by the number of the file.
  public typealias Contents = [Int: Range<Int>]

  /// Writes the contents of all files one after the other, and compares every digest; it blocks.
  ///
  /// Names of one file have its content once. What the payload has and the header does not describe is refused.
  ///
  /// - Parameters:
  ///   - files: The files of the header.
  ///   - limits: How much the package may hold.
  public func spool(
    _ files: [RPMFile], to sink: any ByteSink, limits: TarLimits = .generous
  ) throws(LayerError) -> Contents {
    if let format = header.string(.payloadFormat), format != "cpio" {
      throw .unsupported(archive: path, feature: "a payload that is '\(format)'")
    }
    let packed = HashingSource(try FileSource(path: path, range: payloadRange))
    let reader = CpioReader(try DecompressedSource(packed))
    var numbers: [PathKey: Int] = [:]
    var last: [Int: Int] = [:]
    for (number, file) in files.enumerated() {
      numbers[PathKey(file.path)] = number
      if file.kind == .file, !file.flags.contains(.ghost) { last[file.inode] = number }
    }
    var contents: Contents = [:]
    var waiting: [Int: [Int]] = [:]
    var offset = 0
    while let entry = try reader.next() {
      var (number, size, inode) = (0, 0, -1)
      switch entry {
      case .numbered(let index):
        guard files.indices.contains(index) else { throw undescribed("file \(index)") }
        number = index
        // Of the names of one file the last has the content.
        size = files[index].kind == .file && last[files[index].inode] == index ? files[index].size : 0
        if case .symbolicLink(let target) = files[index].kind { size = target.utf8.count }
        reader.setSize(size)
        if files[index].kind == .file { inode = files[index].inode }
      case .named(let name, let count, let inodeNumber, let links):
        let path = try RPMHeader.path("/" + name, in: self.path)
        guard let index = numbers[PathKey(path)] else { throw undescribed("'\(path)'") }
        (number, size) = (index, count)
        if links > 1 { inode = inodeNumber }
      }
      let file = files[number]
      guard size <= limits.entrySize, offset + size <= limits.totalSize else {
        throw .limit(archive: path, quantity: "size in bytes", maximum: limits.entrySize)
      }
      guard file.kind == .file else { continue }
      let start = offset
      let digest = try copy(reader, to: sink, algorithm: digestAlgorithm)
      offset += size
      if size == 0, inode >= 0, file.size > 0 {
        waiting[inode, default: []].append(number)
        continue
      }
      guard size == file.size, file.digest.isEmpty || digest == nil || file.digest.lowercased() == digest else {
        throw .malformed(archive: path, problem: "'\(file.path)' does not have the digest that the header states")
      }
      for name in [number] + (inode >= 0 ? waiting.removeValue(forKey: inode) ?? [] : []) {
        guard files[name].size == size, files[name].digest == file.digest else {
          throw .malformed(archive: path, problem: "'\(files[name].path)' is said to be '\(file.path)' and differs")
        }
        contents[name] = start..<offset
      }
    }
    try reader.drain()
    try checkPayload(try packed.finish())
    for (number, file) in files.enumerated()
    where file.kind == .file && !file.flags.contains(.ghost) && contents[number] == nil {
      throw .malformed(archive: path, problem: "its payload lacks '\(file.path)'")
    }
    return contents
  }

  private func undescribed(_ what: String) -> LayerError {
    .malformed(archive: path, problem: "its payload has \(what), which the header does not describe")
  }

  /// The algorithm of the files' digests, by OpenPGP's numbers (RFC 4880, section 9.4); nil for one that is not read here.
  private var digestAlgorithm: Digest.Algorithm? {
    switch header.integers(.fileDigestAlgorithm).first {
    case 8: .sha256
    case 10: .sha512
    default: nil
    }
  }

  private func copy(
    _ reader: CpioReader, to sink: any ByteSink, algorithm: Digest.Algorithm?
  ) throws(LayerError) -> String? {
    guard let algorithm else {
      try reader.forEachChunk { (chunk) throws(LayerError) in try sink.write(chunk) }
      return nil
    }
    var hash = ContentHash(algorithm)
    try reader.forEachChunk { (chunk) throws(LayerError) in
      hash.update(chunk)
      try sink.write(chunk)
    }
    return hash.finish().hex
  }

  private func checkPayload(_ found: Digest) throws(LayerError) {
    guard let expected = header.string(.payloadDigest) else { return }
    guard header.integers(.payloadDigestAlgorithm).first == 8 else {
      throw .unsupported(archive: path, feature: "a digest of the payload that is not SHA-256")
    }
    guard expected.lowercased() == found.hex else {
      throw .malformed(archive: path, problem: "its payload does not have the digest that the header states")
    }
  }
}
