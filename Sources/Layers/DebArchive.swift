internal import Host

/// A Debian binary package: its control files, and the way to its data.
///
/// Specification: deb(5). An `ar` archive of `debian-binary` ("2.0"), `control.tar*` and `data.tar*`, in this order; members
/// between them whose names start with `_` are skipped.
public struct DebArchive: Sendable {
  /// The package's path.
  public let path: String
  /// The control member's files by name, for example `control`, `postinst`, `conffiles`.
  public let controlFiles: [String: [UInt8]]
  /// Where the data member's bytes lie in the file.
  public let dataRange: Range<Int>

  /// What a control member may hold: it is kept in memory.
  private static let controlLimits = TarLimits(
    entries: 4096, pathLength: 1024, entrySize: 32 << 20, totalSize: 64 << 20)

  /// Reads the package's list of members and its control files.
  public init(path: String) throws(LayerError) {
    self.path = path
    var members = try ArMembers(path: path)
    guard let version = try members.next(), version.name == "debian-binary" else {
      throw .malformed(archive: path, problem: "its first member is not debian-binary")
    }
    let text = try FileSource(path: path, range: version.range).readAll(limit: 64)
    guard text.starts(with: "2.".utf8) else {
      throw .unsupported(archive: path, feature: "a package format other than 2")
    }
    guard let control = try members.nextVisible(), control.name.hasPrefix("control.tar") else {
      throw .malformed(archive: path, problem: "its second member is not control.tar")
    }
    guard let data = try members.nextVisible(), data.name.hasPrefix("data.tar") else {
      throw .malformed(archive: path, problem: "its third member is not data.tar")
    }
    let reader = try TarReader(FileSource(path: path, range: control.range), limits: Self.controlLimits)
    var files: [String: [UInt8]] = [:]
    while let entry = try reader.next() {
      if entry.kind == .file { files[entry.path] = try reader.content() }
    }
    guard files["control"] != nil else { throw .malformed(archive: path, problem: "it has no control file") }
    controlFiles = files
    dataRange = data.range
  }

  /// A reader of the files that the package installs; it blocks.
  public func data(limits: TarLimits = .generous) throws(LayerError) -> TarReader {
    try TarReader(FileSource(path: path, range: dataRange), limits: limits)
  }
}

/// The members of an `ar` archive, in order.
private struct ArMembers {
  struct Member {
    let name: String
    let range: Range<Int>
  }

  private let path: String
  private let size: Int
  private var offset = 8

  init(path: String) throws(LayerError) {
    self.path = path
    do throws(SystemError) {
      let file = try FileHandle(reading: path)
      size = try file.size()
    } catch { throw .system(error) }
    guard size >= 8, try Self.bytes(path, 0..<8) == Array("!<arch>\n".utf8) else {
      throw .malformed(archive: path, problem: "it does not start as an ar archive")
    }
  }

  private static func bytes(_ path: String, _ range: Range<Int>) throws(LayerError) -> [UInt8] {
    try FileSource(path: path, range: range).readAll(limit: range.count)
  }

  /// The next member; nil is the end.
  ///
  /// A header is name[16] date[12] uid[6] gid[6] mode[8] size[10] "`\n".
  mutating func next() throws(LayerError) -> Member? {
    guard offset < size else { return nil }
    guard offset + 60 <= size else { throw .truncated(archive: path) }
    let header = try Self.bytes(path, offset..<offset + 60)
    let digits = String(decoding: header[48..<58], as: UTF8.self).prefix { $0 != " " }
    guard header[58] == 0x60, header[59] == 0x0A, digits.allSatisfy(\.isNumber), let count = Int(digits), count >= 0
    else {
      throw .malformed(archive: path, problem: "an ar header is malformed")
    }
    var name = String(decoding: header[..<16].prefix { $0 != 0x20 }, as: UTF8.self)
    if name.hasSuffix("/") { name.removeLast() }
    let start = offset + 60
    guard count <= size - start else { throw .truncated(archive: path) }
    offset = start + count + (count & 1)
    return Member(name: name, range: start..<start + count)
  }

  mutating func nextVisible() throws(LayerError) -> Member? {
    while let member = try next() {
      if !member.name.hasPrefix("_") { return member }
    }
    return nil
  }
}
