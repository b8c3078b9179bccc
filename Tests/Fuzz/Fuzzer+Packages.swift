import Host
import Layers

extension Fuzzer {
  /// What packages are made of.
  static let packages: [Fuzzer] = [rpmHeaders, berkeleyHashes]

  /// Headers of RPM packages: no value leaves the bytes, and a header that grows keeps what it had.
  private static let rpmHeaders = Fuzzer(
    name: "rpm-headers",
    seeds: [
      "\0\0\0\u{2}\0\0\0\u{C}\0\0\u{3}\u{68}\0\0\0\u{6}\0\0\0\0\0\0\0\u{1}\0\0\u{3}\u{6B}\0\0\0\u{4}\0\0\0\u{8}\0\0\0\u{1}name\0\0\0\0\0\0\0\u{1}",
      "\0\0\0\u{1}\0\0\0\u{4}\0\0\u{4}\u{5D}\0\0\0\u{8}\0\0\0\0\0\0\0\u{2}a\0b\0",
    ]
  ) { bytes in
    guard let header = try? RPMHeader(parsing: bytes, name: "fuzz") else { return }
    for tag in [RPMHeader.Tag.name, .baseNames, .directories, .epoch, .fileSizes, .fileCapabilities, .md5] {
      _ = header.strings(tag)
      _ = header.integers(tag)
      _ = header.binary(tag)
      if let raw = header.raw(tag) { precondition(raw.bytes.count <= bytes.count) }
    }
    if let files = try? header.files(of: "fuzz") {
      precondition(files.allSatisfy { Path.contained($0.path) != nil || $0.path.isEmpty }, "a path leaves the root")
    }
    let tag = RPMHeader.Tag(rawValue: 0x7FFF_FFFF)
    if header.raw(tag) == nil {
      guard let grown = try? header.appending([(tag, 7, 1, [42])], name: "fuzz") else {
        preconditionFailure("no growth")
      }
      precondition(grown.binary(tag) == [42] && grown.strings(.name) == header.strings(.name))
    }
  }

  /// Databases of Berkeley DB: no more comes out than is in the file, and what comes out can be written and read again.
  private static let berkeleyHashes = Fuzzer(name: "berkeley-hashes", seeds: [berkeleySeed]) { bytes in
    guard let hash = try? BerkeleyHash(parsing: bytes, name: "fuzz") else { return }
    let sum = hash.records.reduce(0) { $0 + $1.value.count }
    precondition(sum <= 2 * bytes.count, "more than the file holds")
    guard hash.records.allSatisfy({ $0.key.count <= 16 }), let written = try? hash.bytes(name: "fuzz") else { return }
    guard let again = try? BerkeleyHash(parsing: written, name: "fuzz") else { preconditionFailure("not read again") }
    precondition(again.records.count == hash.records.count)
  }

  /// Settings, a page with a pair whose value lies elsewhere, and the page of that: 512 bytes each.
  private static var berkeleySeed: String {
    func zeros(_ count: Int) -> String { String(repeating: "\0", count: count) }
    let settings =
      zeros(8) + zeros(4) + "\u{61}\u{15}\u{6}\0" + "\u{9}\0\0\0" + "\0\u{2}\0\0" + "\0\u{8}\0\0" + zeros(4)
      + "\u{2}\0\0\0"
    // The items lie at 372 and 360.
    let pair = "\u{3}\0\0\0" + "\u{2}\0\0\0" + "\u{5}\0\0\0" + "\u{1}" + String(repeating: "k", count: 139)
    let head = zeros(8) + "\u{1}\0\0\0" + zeros(8) + "\u{2}\0" + "\u{68}\u{1}" + "\0\u{D}" + "\u{74}\u{1}\u{68}\u{1}"
    let page = head + zeros(360 - 30) + pair
    let value = zeros(8) + "\u{2}\0\0\0" + zeros(8) + "\u{1}\0" + "\u{5}\0" + "\0\u{7}" + "value"
    return settings + zeros(512 - 36) + page + value + zeros(512 - 31)
  }
}
