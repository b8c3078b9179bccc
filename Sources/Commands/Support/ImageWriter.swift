import Building
import Host
import Images
import Sandbox

/// Writes an image where a person wants it.
struct ImageWriter {
  let cache: BuildCache

  /// - Parameter name: The image's name, for a place that does not say one.
  func write(_ image: Image, to place: ImageReference, name: String) async throws {
    let fallback = "\(name):latest"
    switch place {
    case .layout(let path, let tag):
      try await BlockingPool.run { try OCILayout.write(image, to: path, tag: tag ?? "latest") }
    case .ociArchive(let path, let tag):
      try await BlockingPool.run {
        try Self.makeParent(of: path)
        try ImageArchive.write(image, to: path, form: .oci, name: tag ?? fallback)
      }
    case .dockerArchive(let path, let name):
      try await BlockingPool.run {
        try Self.makeParent(of: path)
        try ImageArchive.write(image, to: path, form: .docker, name: name ?? fallback)
      }
    case .directory(let path):
      guard !Files.exists(path) else {
        throw Failure(.badInput, "\(path) exists", hint: "an image is unpacked only into a new folder")
      }
      try await BlockingPool.run { try Self.unpack(image, to: Path.absolute(path)) }
    }
  }

  /// Unpacks beside the place and moves there: a killed build leaves no half of a root under its name.
  private static func unpack(_ image: Image, to path: String) throws {
    let work = try TemporaryDirectory(in: Path.parent(path), prefix: ".\(Path.name(path))")
    try image.unpack(into: work.path, setsOwners: Environment.isRoot && !UserNamespace.isEntered)
    try Files.rename(work.path, to: path)
  }

  private static func makeParent(of path: String) throws(SystemError) {
    try Files.createDirectory(Path.parent(Path.absolute(path)) ?? "/")
  }
}
