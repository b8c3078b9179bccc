public import Layers
public import OCI
internal import Host
internal import Trust

/// What one layer holds: every entry, the digest of every file, and the text of the few that builds and scans ask for.
///
/// It is made in one pass over the layer and kept under the digest of its archive, so that an image is looked into without
/// being unpacked.
public struct LayerIndex: Hashable, Sendable {
  /// One entry of the archive.
  public struct Item: Hashable, Sendable {
    /// The entry.
    public var entry: TarEntry
    /// The digest of a file's content.
    public let digest: Digest?
    /// The content of a file that is kept.
    public let content: [UInt8]?

    /// Describes an entry.
    public init(entry: TarEntry, digest: Digest?, content: [UInt8]?) {
      self.entry = entry
      self.digest = digest
      self.content = content
    }
  }

  /// The entries in the archive's order, whiteouts among them.
  public let items: [Item]

  /// The most bytes of a file that are kept, and of rpm's database, which has the headers of all packages.
  private static let keptLimit = 8 << 20
  private static let databaseLimit = 96 << 20
  /// The most bytes of all files of a layer that are kept; what comes later is known by its digest alone.
  private static let keptTotal = 256 << 20

  init(items: [Item]) { self.items = items }

  /// Reads a layer, and checks the archive against its digest; it blocks.
  public init(reading layer: Image.Layer) throws(ImageError) {
    let (items, digest) = try layered { () throws(LayerError) in
      let archive = HashingSource(try DecompressedSource(try FileSource(path: layer.path)))
      let items = try Self.items(try TarReader(archive))
      return (items, try archive.finish())
    }
    guard digest == layer.diffID else {
      throw .wrongDigest(expected: layer.diffID, found: digest, place: "the archive in \(layer.path)")
    }
    self.items = items
  }

  private static func items(_ reader: TarReader) throws(LayerError) -> [Item] {
    var items: [Item] = []
    var kept = 0
    while let entry = try reader.next() {
      guard entry.kind == .file else {
        items.append(Item(entry: entry, digest: nil, content: nil))
        continue
      }
      var hash = SHA256()
      var content: [UInt8]? =
        isKept(entry.path) && entry.size <= min(limit(entry.path), keptTotal - kept) ? [] : nil
      if content != nil { kept += entry.size }
      try reader.forEachChunk { (chunk) throws(LayerError) in
        hash.update(chunk)
        content?.append(contentsOf: chunk)
      }
      items.append(Item(entry: entry, digest: hash.finish(), content: content))
    }
    return items
  }

  private static func limit(_ path: String) -> Int {
    path.hasSuffix(".sqlite") || path == "var/lib/rpm/Packages" ? databaseLimit : keptLimit
  }

  /// Paths of the files whose content is kept: accounts, the release's name, the databases of dpkg, apk and rpm.
  private static let kept: Set<String> = [
    "etc/passwd", "etc/group", "etc/os-release", "usr/lib/os-release", "var/lib/dpkg/status", "lib/apk/db/installed",
    "var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/Packages",
    "var/lib/rpmmanifest/container-manifest-2",
  ]

  /// Whether the content of a file is kept: one of the above, or what packages say of themselves.
  private static func isKept(_ path: String) -> Bool {
    if kept.contains(path) { return true }
    guard let folder = Path.parent(path) else { return false }
    // Images without dpkg itself have a file for each package.
    if folder == "var/lib/dpkg/status.d" { return true }
    if folder.hasSuffix(".dist-info") { return ["METADATA", "RECORD", "INSTALLER"].contains(Path.name(path)) }
    return folder.hasSuffix(".egg-info") && ["PKG-INFO", "installed-files.txt"].contains(Path.name(path))
  }
}
