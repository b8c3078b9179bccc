internal import Layers

extension RPMArchive {
  /// The header as rpm keeps it of an installed package: its own, unchanged, and behind it what rpm adds.
  ///
  /// Added are the signatures and digests of the package, when and by which transaction it was installed, and that all of its
  /// files are in place.
  func installedHeader(date: Int, color: Int) throws(LayerError) -> RPMHeader {
    var added: [(tag: RPMHeader.Tag, type: Int, count: Int, bytes: [UInt8])] = []
    func add(_ source: RPMHeader.Tag, as target: RPMHeader.Tag) {
      if let value = signatures.raw(source) { added.append((target, value.type, value.count, value.bytes)) }
    }
    func add(_ tag: RPMHeader.Tag, _ value: Int) {
      added.append((tag, 4, 1, (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }))
    }
    add(.signedSize, as: .installedSize)
    add(.md5, as: .installedMD5)
    for tag in [RPMHeader.Tag.dsaSignature, .rsaSignature, .sha1, .longSignedSize, .longPlainPayloadSize, .sha256] {
      add(tag, as: tag)
    }
    add(.installTime, date)
    let count = header.strings(.baseNames).count
    if count > 0 { added.append((.fileStates, 1, count, Array(repeating: 0, count: count))) }
    add(.plainPayloadSize, as: .installedPayloadSize)
    add(.installColor, color)
    add(.installID, date)
    return try header.appending(added, name: path)
  }
}
