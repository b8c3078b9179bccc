internal import Layers
internal import OCI
internal import Packages
internal import Resolution

/// The layer of files from Maven repositories: each under its own name in one directory.
enum JarsLayer {
  /// - Parameter paths: The files on this machine, in the order of the lock.
  static func tree(_ jars: Lock.Jars, in directory: String, paths: [String], epoch: Int) throws -> LayerTree {
    var tree = LayerTree()
    for (pin, path) in zip(jars.artifacts, paths) {
      try ApplicationLayer.add(
        path, at: "\(directory)/\(pin.coordinate.fileName)", mode: 0o644, to: &tree, epoch: epoch)
    }
    return tree
  }

  /// Everything that the layer's bytes depend on, besides what it lies on.
  static func key(_ jars: Lock.Jars, in directory: String) -> [String] {
    ["jars", "1", directory] + jars.artifacts.flatMap { [$0.coordinate.fileName, $0.digest.hex] }
  }
}
