internal import Host
public import Images
internal import Layers
internal import OCI
internal import Packages
public import Resolution
internal import Trust
internal import Versions

/// The files of an image's locked packages that are not as their packages brought them.
///
/// What each package manager recorded is held against the content: wheels' RECORD, dpkg's lists of MD5 digests, the headers of rpm's
/// database. Configuration may be changed by design and is left out, and so is what a Debian root leaves out.
public struct ContentDrift: Sendable {
  /// One file.
  public struct Change: Sendable, Hashable {
    /// Who installed it: `python`, `debian` or `rpm`.
    public let kind: String
    /// The package's name.
    public let package: String
    /// The path from the root.
    public let path: String
    /// Whether it is not there at all.
    public let isMissing: Bool
  }

  private let lock: Lock
  private let image: Image
  private let tree: ImageTree
  private let root: String

  /// Looks through an image.
  ///
  /// - Parameter root: Where it is unpacked.
  /// - Returns: The changes, sorted by path.
  public static func changes(
    in image: Image, unpacked root: String, of lock: Lock, cache: BuildCache
  ) async throws -> [Change] {
    let tree = try await ImageTree.read(image, keepingIn: cache.folder(.contents))
    let drift = ContentDrift(lock: lock, image: image, tree: tree, root: root)
    let workspace = try cache.workspace()
    defer { workspace.remove() }
    return try await BlockingPool.run {
      let changes = drift.python() + drift.debian() + (try drift.rpm(workspace.path))
      return Set(changes).sorted { ($0.path, $0.package) < ($1.path, $1.package) }
    }
  }

  private func place(_ path: String) -> String { tree.resolve(path, followingLast: false) }

  /// Compares with the digests of RECORD (PEP 376), which are relative to the folder of `.dist-info`.
  private func python() -> [Change] {
    let names = Set((lock.python?.packages ?? []).map(\.name))
    guard !names.isEmpty else { return [] }
    return tree.nodes.filter { $0.entry.path.hasSuffix(".dist-info/METADATA") }.flatMap { node -> [Change] in
      guard let bytes = node.item.content, let metadata = try? PythonMetadata(parsing: bytes),
        names.contains(metadata.name), let folder = Path.parent(node.entry.path),
        let record = tree[folder + "/RECORD"]?.item.content, let rows = try? WheelRecord(parsing: record).rows
      else { return [] }
      let site = Path.parent(folder) ?? ""
      return rows.compactMap { row in
        guard let digest = row.digest else { return nil }
        let path = row.path.hasPrefix("/") ? row.path : Path.normalize("/\(site)/\(row.path)")
        return change("python", metadata.name.description, path, digest)
      }
    }
  }

  private func change(_ kind: String, _ package: String, _ path: String, _ digest: Digest) -> Change? {
    let node = tree[place(path)]
    if content(of: node) == digest { return nil }
    return Change(kind: kind, package: package, path: place(path), isMissing: node == nil)
  }

  /// The digest of a file's content; a second name has that of the first.
  private func content(of node: ImageTree.Node?) -> Digest? {
    if case .hardLink(let target) = node?.entry.kind { return tree[target]?.item.digest }
    return node?.item.digest
  }

  /// Compares with the lists of dpkg, `/var/lib/dpkg/info/NAME.md5sums`: a file that another package replaced or diverted has that one's digest.
  private func debian() -> [Change] {
    var expected: [String: (packages: [String], digests: Set<Substring>)] = [:]
    for pin in lock.debian?.packages ?? [] {
      for name in [pin.name, "\(pin.name):\(pin.architecture)"] {
        let file = place("/var/lib/dpkg/info/\(name).md5sums")
        guard tree[file]?.entry.kind == .file, let text = try? Files.text("\(root)/\(file)") else { continue }
        for line in text.split(separator: "\n") {
          // Thirty-two digits, two blanks and the path.
          guard line.utf8.count > 34, let path = Path.contained(String(line.dropFirst(34))) else { continue }
          expected[place(path), default: ([], [])].packages.append(pin.name)
          expected[place(path)]?.digests.insert(line.prefix(32))
        }
      }
    }
    return expected.compactMap { path, wanted in
      guard let node = tree[path], node.entry.kind == .file, let package = wanted.packages.first,
        let bytes = try? Files.read("\(root)/\(path)", limit: 1 << 31)
      else { return nil }
      if wanted.digests.contains(LegacyDigest.md5(of: bytes)[...]) { return nil }
      return Change(kind: "debian", package: package, path: path, isMissing: false)
    }
  }

  /// Compares with the headers of rpm's database.
  private func rpm(_ workspace: String) throws -> [Change] {
    let names = Set((lock.rpm?.packages ?? []).map(\.name))
    guard !names.isEmpty, let path = RPMDatabase.places.map(place).first(where: { tree[$0] != nil }) else { return [] }
    try tree.unpack([path], of: image, into: workspace)
    return try RPMDatabase(path: "\(workspace)/\(path)").packages.flatMap { package -> [Change] in
      guard let name = package.header.string(.name), names.contains(name) else { return [] }
      return try package.header.files(of: package.label).compactMap { file in
        guard file.kind == .file, file.flags.isDisjoint(with: [.ghost, .configuration, .missingOK]),
          let digest = try? Digest(algorithm: .sha256, hex: file.digest)
        else { return nil }
        return change("rpm", name, file.path, digest)
      }
    }
  }
}
