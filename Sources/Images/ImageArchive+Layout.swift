internal import Host
internal import Layers

extension ImageArchive {
  /// Writes a whole layout into a tar file, which is replaced at once.
  ///
  /// The same layout gives the same bytes. It blocks.
  package static func write(layout directory: String, to path: String) throws(ImageError) {
    let target = Path.parent(Path.absolute(path)) ?? "/"
    let work = try hosted { () throws(SystemError) in try TemporaryDirectory(in: target, prefix: ".drydock") }
    let temporary = work.path + "/archive.tar"
    try layered { () throws(LayerError) in
      var tree = LayerTree()
      try add(directory, as: "", to: &tree)
      let sink = try DirectFileSink(path: temporary)
      try tree.writeTar(to: sink, epoch: 0)
      try sink.finish()
    }
    try hosted { () throws(SystemError) in try Files.rename(temporary, to: path) }
  }

  private static func add(_ directory: String, as prefix: String, to tree: inout LayerTree) throws(LayerError) {
    let names: [String]
    do throws(SystemError) { names = try Files.list(directory) } catch { throw .system(error) }
    for name in names {
      let path = "\(directory)/\(name)"
      let entryPath = prefix + name
      if Files.isDirectory(path) {
        try tree.addDirectory(entryPath)
        try add(path, as: entryPath + "/", to: &tree)
      } else {
        let size: Int
        do throws(SystemError) { size = try FileStatus(of: path).size } catch { throw .system(error) }
        try tree.add(
          TarEntry(path: entryPath, kind: .file, mode: 0o644, size: size), content: .file(path: path))
      }
    }
  }
}
