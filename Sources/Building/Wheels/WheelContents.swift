internal import Host
internal import Layers
internal import Versions

/// A wheel's archive with what its metadata says of it.
struct WheelContents {
  let fileName: String
  let archive: ZipArchive
  /// The `.dist-info` directory.
  let infoDirectory: String
  /// Whether the files at the root run anywhere.
  let isPure: Bool
  let entryPoints: EntryPoints?
  let project: String

  init(path: String, fileName: String, name: WheelName) throws(WheelError) {
    self.fileName = fileName
    do throws(LayerError) { archive = try ZipArchive(path: path) } catch { throw .archive(error) }
    infoDirectory = try Self.infoDirectory(archive, fileName, name)
    project = String(infoDirectory.prefix { $0 != "-" })
    let fields = try Self.fields(archive, "\(infoDirectory)/WHEEL", fileName)
    let version = fields["wheel-version"] ?? ""
    guard version.split(separator: ".").first == "1" else { throw .version(wheel: fileName, version: version) }
    isPure = fields["root-is-purelib"]?.lowercased() == "true"
    if let member = archive.directory["\(infoDirectory)/entry_points.txt"] {
      let bytes = try Self.read(archive, member)
      do throws(EntryPoints.MalformedLine) { entryPoints = try EntryPoints(parsing: bytes) } catch {
        throw .malformed(
          wheel: fileName, problem: "line \(error.number) of entry_points.txt is not NAME = MODULE:FUNCTION")
      }
    } else {
      entryPoints = nil
    }
  }

  /// The files with their rows in RECORD, in the archive's order.
  func recordedMembers() throws(WheelError) -> [(ZipMember, WheelRecord.Row)] {
    let place = "\(infoDirectory)/RECORD"
    guard let member = archive.directory[place] else { throw .malformed(wheel: fileName, problem: "it has no RECORD") }
    let bytes = try Self.read(archive, member)
    let record: WheelRecord
    do throws(WheelRecord.ParseError) { record = try WheelRecord(parsing: bytes) } catch {
      switch error {
      case .malformedLine(let line):
        throw .malformed(wheel: fileName, problem: "line \(line) of RECORD is not PATH,HASH,SIZE")
      case .unknownHash(let text):
        throw .malformed(wheel: fileName, problem: "RECORD has the hash '\(text)', expected sha256=…")
      }
    }
    var rows: [String: WheelRecord.Row] = [:]
    for row in record.rows { rows[Path.contained(row.path) ?? row.path] = row }
    // RECORD and what signs it can't be listed with a hash.
    let unlisted = [place, place + ".jws", place + ".p7s"]
    var members: [(ZipMember, WheelRecord.Row)] = []
    for member in archive.directory.members where !member.isDirectory && !unlisted.contains(member.name) {
      guard !member.isSpecial else {
        throw .record(wheel: fileName, file: member.name, problem: "is neither a file nor a directory")
      }
      guard let row = rows.removeValue(forKey: member.name), row.digest != nil else {
        throw .record(wheel: fileName, file: member.name, problem: "has no hash in RECORD")
      }
      if let size = row.size, size != member.size {
        throw .record(wheel: fileName, file: member.name, problem: "has \(member.size) bytes, RECORD says \(size)")
      }
      members.append((member, row))
    }
    for path in unlisted { rows[path] = nil }
    if let missing = rows.keys.filter({ archive.directory[$0] == nil }).min() {
      throw .record(wheel: fileName, file: missing, problem: "is listed in RECORD but missing")
    }
    return members
  }

  func read(_ member: ZipMember, limit: Int) throws(WheelError) -> [UInt8] {
    try Self.read(archive, member, limit: limit)
  }

  private static func read(
    _ archive: ZipArchive, _ member: ZipMember, limit: Int = 32 << 20
  ) throws(WheelError) -> [UInt8] {
    do throws(LayerError) { return try archive.read(member, limit: limit) } catch { throw .archive(error) }
  }

  /// The one `.dist-info` directory, which must be that of the project and version of the file name.
  private static func infoDirectory(
    _ archive: ZipArchive, _ fileName: String, _ name: WheelName
  ) throws(WheelError) -> String {
    var found: Set<Substring> = []
    for member in archive.directory.members {
      if let first = member.name.split(separator: "/").first, first.hasSuffix(".dist-info") { found.insert(first) }
    }
    guard found.count == 1, let directory = found.first else {
      throw .malformed(wheel: fileName, problem: "it has \(found.count) .dist-info directories, expected 1")
    }
    let parts = directory.dropLast(".dist-info".count).split(separator: "-")
    guard parts.count == 2, (try? PackageName(parsing: parts[0])) == name.project,
      (try? PEP440Version(parsing: String(parts[1]))) == name.version
    else { throw .malformed(wheel: fileName, problem: "its metadata is in '\(directory)', which is another project's") }
    return String(directory)
  }

  /// The fields of a file of lines `NAME: VALUE`, by their names in lower case; the first of a name counts.
  private static func fields(
    _ archive: ZipArchive, _ path: String, _ fileName: String
  ) throws(WheelError) -> [String: String] {
    guard let member = archive.directory[path] else {
      throw .malformed(wheel: fileName, problem: "it has no WHEEL file")
    }
    var fields: [String: String] = [:]
    for line in try read(archive, member, limit: 1 << 20).split(separator: 0x0A) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let value = line[(colon + 1)...].drop { $0 == 0x20 }.prefix { $0 != 0x0D }
      let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
      if fields[name] == nil { fields[name] = String(decoding: value, as: UTF8.self) }
    }
    return fields
  }
}
