internal import Host
internal import Layers

/// Unpacks an archive that `ADD` names.
enum ArchiveUnpacking {
  /// Whether a file is a tar archive, compressed or not: its first header decides, not its name.
  static func isArchive(_ path: String) -> Bool {
    guard let reader = try? TarReader(path: path) else { return false }
    return ((try? reader.next()) ?? nil) != nil
  }

  /// Places all entries below a folder; contents pass through the workspace.
  static func unpack(
    _ path: String, into placement: inout CopyPlacement, at folder: [String], _ workspace: TemporaryDirectory
  ) throws(CopyError) {
    do throws(LayerError) {
      let reader = try TarReader(path: path)
      let contents = "\(workspace.path)/archive-\(placement.tree.count)"
      do throws(SystemError) { try Files.createDirectory(contents) } catch { throw LayerError.system(error) }
      var count = 0
      while let entry = try reader.next() {
        guard entry.path != "." else { continue }
        var content: LayerTree.Content?
        if entry.kind == .file {
          let place = "\(contents)/\(count)"
          count += 1
          let sink = try FileSink(path: place)
          try reader.forEachChunk { (chunk) throws(LayerError) in try sink.write(chunk) }
          content = .file(path: place)
        }
        do throws(CopyError) { try placement.unpack(entry, content, below: folder) } catch {
          guard case .layer(let error) = error else {
            throw LayerError.inconsistent(path: entry.path, problem: "can't be unpacked: \(error)")
          }
          throw error
        }
      }
    } catch { throw .layer(error) }
  }
}
