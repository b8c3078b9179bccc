import HTTP
import Host
import OCI
import XML

/// A repository's index of indexes, `repodata/repomd.xml`.
struct RepositoryIndex: Sendable {
  /// One index that it names.
  struct Entry: Sendable, Hashable {
    /// The path below the repository's root.
    let path: String
    /// The file's digest and size.
    let packed: Content
    /// The digest and size of what is inside, where the file is compressed and it is told.
    let plain: Content?
  }

  /// What bytes have to be.
  struct Content: Sendable, Hashable {
    let digest: Digest
    let size: Int?
  }

  /// The digest of the file.
  let digest: Digest
  /// When the newest index was made, in seconds since 1970.
  let date: Int
  private let entries: [String: Entry]

  init(parsing bytes: [UInt8], digest: Digest, repository: String) throws(RPMError) {
    let place = "the index of the repository '\(repository)'"
    let root: XMLElement
    do { root = try XMLElement(parsing: bytes) } catch { throw .malformed(place, reason: "\(error)") }
    guard root.name == "repomd" else { throw .malformed(place, reason: "it is no repomd but '\(root.name)'") }
    var entries: [String: Entry] = [:]
    var date = 0
    for data in root.all("data") {
      guard let type = data.attributes["type"] else { continue }
      date = max(date, data["timestamp"].flatMap { Int($0.text.prefix { $0 != "." }) } ?? 0)
      // Only what is read has to be in order.
      guard ["primary", "filelists", "primary_db", "filelists_db", "updateinfo"].contains(type) else { continue }
      guard let href = data["location"]?.attributes["href"], let path = Path.contained(href) else {
        throw .malformed(place, reason: "'\(type)' has no path inside the repository")
      }
      guard let packed = Self.content(data["checksum"], size: data["size"]) else {
        throw .malformed(place, reason: "'\(type)' has no sha256 checksum")
      }
      entries[type] = Entry(
        path: path, packed: packed, plain: Self.content(data["open-checksum"], size: data["open-size"]))
    }
    self.entries = entries
    self.date = date
    self.digest = digest
  }

  subscript(_ type: String) -> Entry? { entries[type] }

  private static func content(_ checksum: XMLElement?, size: XMLElement?) -> Content? {
    guard let checksum, checksum.attributes["type"] == "sha256",
      let digest = try? Digest(algorithm: .sha256, hex: checksum.text)
    else { return nil }
    let size = size.flatMap { Int($0.text) }
    return size.map { $0 < 0 } == true ? nil : Content(digest: digest, size: size)
  }
}

/// Where the roots of a repository are listed.
enum MirrorList {
  /// The addresses of a mirror list: one a line; a list of Amazon's may hold `$basearch`.
  static func roots(_ text: String) -> [String] {
    text.split { $0 == "\n" || $0 == "\r" }.map { $0.drop { $0 == " " } }.filter { $0.hasPrefix("http") }.map(
      String.init)
  }

  /// The roots of a metalink, best first, and the digests that `repomd.xml` may have (RFC 5854, as mirror managers write it).
  static func metalink(_ bytes: [UInt8], repository: String) throws(RPMError) -> (
    roots: [String], digests: Set<Digest>
  ) {
    let place = "the metalink of the repository '\(repository)'"
    let root: XMLElement
    do { root = try XMLElement(parsing: bytes) } catch { throw .malformed(place, reason: "\(error)") }
    let files = (root["files"] ?? root).all("file").filter { $0.attributes["name"] == "repomd.xml" }
    guard let file = files.first else { throw .malformed(place, reason: "it names no repomd.xml") }
    var digests: Set<Digest> = []
    for part in [file] + (file["alternates"]?.all("alternate") ?? []) {
      for hash in (part["verification"] ?? part).all("hash") {
        guard ["sha256", "sha-256"].contains(hash.attributes["type"]?.lowercased()) else { continue }
        if let digest = try? Digest(algorithm: .sha256, hex: hash.text) { digests.insert(digest) }
      }
    }
    guard !digests.isEmpty else { throw .malformed(place, reason: "it has no sha256 of repomd.xml") }
    let ending = "repodata/repomd.xml"
    let urls = (file["resources"] ?? file).all("url").filter { $0.text.hasPrefix("http") && $0.text.hasSuffix(ending) }
    let sorted = urls.enumerated().sorted { one, other in
      let (mine, theirs) = (preference(one.element), preference(other.element))
      return mine == theirs ? one.offset < other.offset : mine > theirs
    }
    return (sorted.map { String($0.element.text.dropLast(ending.count)) }, digests)
  }

  private static func preference(_ url: XMLElement) -> Int {
    if let preference = url.attributes["preference"].flatMap({ Int($0) }) { return preference }
    return url.attributes["priority"].flatMap { Int($0) }.map { -$0 } ?? 0
  }
}
