import Host
import Layers

extension Fuzzer {
  /// What packages are made of.
  static let packages: [Fuzzer] = [rpmHeaders]

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
}
