public import OCI
internal import Trust

extension LayerTree {
  /// A digest of all entries and contents, for the key of a cache; it blocks, as files are read.
  ///
  /// - Parameter digests: What is known of files already, by their paths on disk.
  public func fingerprint(knowing digests: [String: Digest] = [:]) throws(LayerError) -> Digest {
    var hash = SHA256()
    for node in nodes {
      let entry = node.entry
      let attributes = entry.attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      let known: String
      switch node.content {
      case nil: known = ""
      case .file(let path) where digests[path] != nil: known = digests[path]?.hex ?? ""
      case .zipMember(_, _, let digest?): known = digest.hex
      case .some(let content):
        let source = HashingSource(try content.source())
        known = try source.finish().hex
      }
      let words =
        [entry.path, "\(entry.kind)", "\(entry.mode) \(entry.uid) \(entry.gid) \(entry.modified)", known] + attributes
      // A zero byte is in no path, two of them are between entries.
      hash.update(Array((words.joined(separator: "\0") + "\0\0").utf8))
    }
    return hash.finish()
  }
}
