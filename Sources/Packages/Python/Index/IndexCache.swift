import Host
import OCI
import Trust

/// Keeps what indexes answered in a directory, so that asking again costs little or nothing.
///
/// Each entry is one file: lines `name: value`, an empty line, the content. It is written beside its place and renamed,
/// so that a killed run leaves the old entry, and it carries its content's digest, so that a lost page of the disk is
/// noticed. Entries are readable for their owner only: a page may come from a private index.
struct IndexCache: Sendable {
  /// Is one entry: what is known about some content, the content, and what was derived from it.
  struct Entry: Sendable {
    var fields: [String: String]
    var content: [UInt8]
    var derived: [UInt8] = []

    /// The digest of all but the fields.
    var digest: String {
      var hash = SHA256()
      hash.update(content)
      hash.update(derived)
      return hash.finish().hex
    }
  }

  private let directory: String

  init(directory: String) { self.directory = directory }

  /// The entry of a kind and key; one that is damaged counts as missing.
  func entry(_ kind: String, _ key: String) async -> Entry? {
    let path = path(kind, key)
    return await BlockingPool.run { Self.read(path) }
  }

  /// Stores an entry.
  ///
  /// A cache that can't be written to is no reason to fail: the next run asks again.
  func store(_ entry: Entry, _ kind: String, _ key: String) async {
    let path = path(kind, key)
    await BlockingPool.run { Self.write(entry, to: path) }
  }

  /// Where a file with a digest or name of its own lies.
  func path(_ kind: String, _ key: String) -> String {
    // A key may hold anything that an index sends; its digest can't leave the directory.
    "\(directory)/\(kind)/\(SHA256.digest(of: Array(key.utf8)).hex)"
  }

  private static func read(_ path: String) -> Entry? {
    guard let file = try? FileHandle(reading: path), let size = try? file.size(), size <= sizeLimit,
      let head = try? file.bytes(at: 0, count: min(size, headLimit))
    else { return nil }
    var fields: [String: String] = [:]
    var offset = 0
    while let end = head[offset...].firstIndex(of: 10) {
      let line = String(decoding: head[offset..<end], as: UTF8.self)
      offset = end + 1
      if line.isEmpty {
        // The content is read into a place of its own: pages have megabytes, and a slice of the whole would be copied.
        let derived = fields.removeValue(forKey: "derived").flatMap { Int($0) } ?? 0
        guard (0...size - offset).contains(derived), case let end = size - derived,
          let content = try? file.bytes(at: offset, count: end - offset),
          let rest = derived == 0 ? [] : try? file.bytes(at: end, count: derived)
        else { return nil }
        let digest = fields.removeValue(forKey: "sha256")
        let entry = Entry(fields: fields, content: content, derived: rest)
        return digest == entry.digest ? entry : nil
      }
      guard let colon = line.firstIndex(of: ":"), fields.count < 32 else { return nil }
      fields[String(line[..<colon])] = line[line.index(after: colon)...].trimming(" ")
    }
    return nil
  }

  private static let sizeLimit = 256 << 20
  /// The most bytes of an entry's fields.
  private static let headLimit = 64 << 10

  private static func write(_ entry: Entry, to path: String) {
    var fields = entry.fields
    fields["sha256"] = entry.digest
    if !entry.derived.isEmpty { fields["derived"] = String(entry.derived.count) }
    let lines = fields.sorted { $0.key < $1.key }.map { name, value in
      "\(name): \(String(decoding: value.utf8.map { $0 < 0x20 ? 0x20 : $0 }, as: UTF8.self))\n"
    }
    let temporary = "\(path).\(UInt64.random(in: 0...UInt64.max)).tmp"
    do {
      if let parent = Path.parent(path) { try Files.createDirectory(parent, mode: 0o700) }
      let file = try FileHandle(writing: temporary, .exclusive, mode: 0o600)
      try file.write(Array((lines.joined() + "\n").utf8))
      try file.write(entry.content)
      try file.write(entry.derived)
      try Files.rename(temporary, to: path)
    } catch {
      try? Files.remove(temporary)
    }
  }
}
