internal import Host
internal import JSON
public import OCI
internal import Trust

extension ContentStore {
  /// What garbage collection removed.
  public struct Collection: Hashable, Sendable {
    /// How many files.
    public internal(set) var files = 0
    /// How many bytes.
    public internal(set) var bytes = 0
  }

  /// What is wrong with a store.
  public enum Fault: Hashable, Sendable, CustomStringConvertible {
    /// A blob's content is not what its name says.
    case wrongContent(path: String, found: Digest)
    /// A file is there whose name is no digest.
    case strangeFile(path: String)
    /// A named image lacks a blob that its documents name.
    case missingBlob(Digest, image: String)
    /// The notes on a blob that is being received make no sense, or say that a byte was fetched twice.
    case badJournal(path: String)

    /// One sentence about the fault.
    public var description: String {
      switch self {
      case .wrongContent(let path, let found): "\(path) is damaged: its content has the digest \(found)"
      case .strangeFile(let path): "\(path) does not belong there"
      case .missingBlob(let digest, let image): "\(image) lacks the blob \(digest)"
      case .badJournal(let path): "\(path) makes no sense"
      }
    }
  }

  /// Keeps garbage collection away for as long as the value lives.
  public struct Use: ~Copyable, Sendable {
    private let handle: FileHandle

    fileprivate init(_ handle: consuming FileHandle) { self.handle = handle }
  }

  /// Announces that content is being added that no name leads to yet; it blocks while garbage is being collected.
  public func use() throws(ImageError) -> Use {
    try hosted { () throws(SystemError) in
      let handle = try FileHandle(writing: root + "/use.lock", .keep)
      _ = try handle.lock(exclusive: false, waiting: true)
      return Use(handle)
    }
  }

  /// Removes what no named image needs and nobody touched for a while; `nil` if somebody is adding content; it blocks.
  ///
  /// - Parameters:
  ///   - age: How old, in seconds, content has to be: builds keep layers here that have no name.
  ///   - now: The time, in seconds since 1970.
  ///   - isTrial: Whether nothing is removed, and only counted.
  public func collectGarbage(olderThan age: Int, now: Int, isTrial: Bool = false) throws(ImageError) -> Collection? {
    let handle = try hosted { () throws(SystemError) in try FileHandle(writing: root + "/use.lock", .keep) }
    guard try hosted({ () throws(SystemError) in try handle.lock(waiting: false) }) else { return nil }
    var needed: Set<String> = []
    for entry in try entries() { needed.formUnion(try reach(entry.descriptor.digest).found.map(path(of:))) }
    var collection = Collection()
    let blobFolders = Digest.Algorithm.allCases.map { BlobPath.folder(of: $0, in: root) }
    for folder in blobFolders + ["\(root)/ingest", "\(root)/uploads"] {
      for name in (try? Files.list(folder)) ?? [] {
        let path = "\(folder)/\(name)"
        guard !needed.contains(path), let status = try? FileStatus(of: path), status.kind == .file,
          now - status.modified >= age,
          Self.isFree(path)
        else { continue }
        collection.files += 1
        // A second name of the file, in a layout, keeps its bytes on the disk.
        collection.bytes += status.links > 1 ? 0 : status.size
        if !isTrial { try hosted { () throws(SystemError) in try Files.remove(path) } }
      }
    }
    _ = consume handle
    return collection
  }

  /// Checks all content against its digests, all named images for what they need, and all notes on broken transfers; it blocks.
  ///
  /// - Parameter repairs: Whether damaged content is removed, so that it is fetched again.
  public func check(repairs: Bool = false) throws(ImageError) -> [Fault] {
    var faults: [Fault] = []
    for algorithm in Digest.Algorithm.allCases { faults += try checkContent(algorithm, repairs: repairs) }
    for entry in try entries() {
      faults += try reach(entry.descriptor.digest).missing.map { .missingBlob($0, image: entry.name) }
    }
    for name in (try? Files.list(root + "/ingest")) ?? [] where name.hasSuffix(".journal") {
      let path = "\(root)/ingest/\(name)"
      // Notes without a file, or beside an empty one, are what is left of a blob that got its name at the moment when the
      // process was killed: whoever opens them next starts anew.
      guard let text = try? Files.read(path), let part = try? FileStatus(of: String(path.dropLast(8)) + ".part")
      else { continue }
      if let journal = BlobJournal(parsing: text), !journal.hasRepetition, journal.end <= part.size || part.size == 0 {
        continue
      }
      faults.append(.badJournal(path: path))
      if repairs { try hosted { () throws(SystemError) in try Files.remove(path) } }
    }
    return faults
  }

  private func checkContent(_ algorithm: Digest.Algorithm, repairs: Bool) throws(ImageError) -> [Fault] {
    var faults: [Fault] = []
    let folder = BlobPath.folder(of: algorithm, in: root)
    guard Files.isDirectory(folder) else { return [] }
    for name in try hosted({ () throws(SystemError) in try Files.list(folder) }) {
      let path = "\(folder)/\(name)"
      // What `Files.write` was doing when it was killed is no content yet.
      if name.hasSuffix(".tmp") { continue }
      guard let digest = try? Digest(algorithm: algorithm, hex: name) else {
        faults.append(.strangeFile(path: path))
        continue
      }
      let found = try hosted { () throws(SystemError) in try ContentHash.digest(ofFile: path, algorithm).digest }
      guard found != digest else { continue }
      faults.append(.wrongContent(path: path, found: found))
      if repairs { try hosted { () throws(SystemError) in try Files.remove(path) } }
    }
    return faults
  }

  /// The blobs that a document leads to, itself included.
  ///
  /// Of an index only those manifests count that are here: an image of one platform need not have the others.
  private func reach(_ root: Digest) throws(ImageError) -> (found: Set<Digest>, missing: Set<Digest>) {
    var found: Set<Digest> = []
    var missing: Set<Digest> = []
    var waiting = [root]
    while let digest = waiting.popLast() {
      guard found.insert(digest).inserted else { continue }
      guard contains(digest) else {
        missing.insert(digest)
        continue
      }
      guard let json = try? JSONValue(parsing: try read(digest, limit: 16 << 20)) else { continue }
      for child in json["manifests"]?.array ?? [] {
        if let digest = child["digest"]?.string.flatMap({ try? Digest(parsing: $0) }), contains(digest) {
          waiting.append(digest)
        }
      }
      for child in (json["layers"]?.array ?? []) + [json["config"]].compactMap({ $0 }) {
        guard let digest = child["digest"]?.string.flatMap({ try? Digest(parsing: $0) }) else { continue }
        found.insert(digest)
        let isWanted = child["mediaType"]?.string.map { MediaType(rawValue: $0).isDistributable } ?? true
        if isWanted, !contains(digest) { missing.insert(digest) }
      }
    }
    return (found, missing)
  }

  /// Whether no process holds the file's lock.
  private static func isFree(_ path: String) -> Bool {
    guard path.hasSuffix(".part") || path.hasSuffix(".lock"), let handle = try? FileHandle(writing: path, .keep) else {
      return true
    }
    return (try? handle.lock(waiting: false)) == true
  }
}
