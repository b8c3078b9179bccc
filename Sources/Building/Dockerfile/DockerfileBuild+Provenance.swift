internal import Dockerfiles
internal import Layers
public import OCI
internal import Host

extension DockerfileBuild {
  /// The digest of everything that the build can see of its folder: names, kinds, modes and contents, no times or owners.
  public func contextDigest() async throws -> Digest {
    try await BlockingPool.run { [options] in
      let context = try CopyTree(folder: options.context, ignoring: options.ignoring)
      var tree = LayerTree()
      try Self.collect(context.index.root, from: context, into: &tree)
      return try tree.fingerprint()
    }
  }

  private static func collect(
    _ node: FileIndex.Node, from context: CopyTree, into tree: inout LayerTree
  ) throws(LayerError) {
    for child in node.children.values {
      var entry = child.entry
      (entry.uid, entry.gid, entry.modified) = (0, 0, 0)
      let content = context.content(child)
      // Two names of one file are two files to a copy.
      if content != nil { entry.kind = .file }
      try tree.set(entry, content: content)
      try collect(child, from: context, into: &tree)
    }
  }
}
