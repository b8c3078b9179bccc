import Host
import XML

extension RPMRepositories {
  /// Which packages of a repository own some paths, told by its index of all files.
  func files(
    _ paths: Set<String>, in repository: Loaded
  ) async throws(RPMError) -> ([(path: String, digests: Set<String>)], RPMRepositoryEvidence.Index?) {
    let xml = repository.index["filelists"]
    guard let entry = xml ?? repository.index["filelists_db"] else { return ([], nil) }
    let file = try await plain(entry, root: repository.root, credentials: repository.credentials)
    let owners = try await BlockingPool.run { () throws(RPMError) in
      if xml == nil { return try PrimaryDatabase.owners(of: paths, path: file, place: entry.path) }
      let reader = FilelistsReader(paths)
      try Self.parse(file, reader, place: entry.path)
      return reader.owners
    }
    return (
      owners.map { ($0.key, $0.value) },
      RPMRepositoryEvidence.Index(path: entry.path, size: entry.packed.size ?? 0, digest: entry.packed.digest)
    )
  }
}

/// Looks for a few paths in a repository's index of all files, `filelists.xml`.
private final class FilelistsReader: XMLVisitor {
  /// The digests of the packages that have a path.
  private(set) var owners: [String: Set<String>] = [:]
  private let paths: Set<String>
  private var package: String?
  private var captured: [UInt8]?

  init(_ paths: Set<String>) { self.paths = paths }

  func start(_ tag: borrowing XMLTag) {
    if tag.isNamed("package") { package = tag["pkgid"] } else if tag.isNamed("file") { captured = [] }
  }

  func text(_ bytes: UnsafeRawBufferPointer) { captured?.append(contentsOf: bytes) }

  func end(_ tag: borrowing XMLTag) {
    guard tag.isNamed("file"), let bytes = captured.take(), let package else { return }
    let path = String(decoding: bytes, as: UTF8.self)
    if paths.contains(path) { owners[path, default: []].insert(package) }
  }
}
