internal import Host
internal import Layers

/// Unpacks an archive that `ADD` names.
enum ArchiveUnpacking {
  /// Whether a file is a tar archive, compressed or not: its first header decides, not its name.
  ///
  /// One whose first entry is refused is an archive, too: to copy it as it is would hide that.
  static func isArchive(_ path: String) -> Bool {
    do throws(LayerError) { return try TarReader(path: path, trimsRoot: true).next() != nil } catch {
      switch error {
      case .unsafe, .limit: return true
      default: return false
      }
    }
  }

  /// Places all entries below a folder; contents pass through the workspace.
  static func unpack(
    _ path: String, into placement: inout CopyPlacement, at folder: [String], _ workspace: TemporaryDirectory
  ) throws(CopyError) {
    do throws(LayerError) {
      let reader = try TarReader(path: path, trimsRoot: true)
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
