internal import Host
internal import Layers
internal import Packages
internal import Versions

/// The core metadata inside a wheel on disk.
enum WheelMetadata {
  static func read(_ path: String, project: PackageName) async throws -> PythonMetadata {
    try await BlockingPool.run {
      let archive = try ZipArchive(path: path)
      // The wheel's own name for itself may be written in several ways (PEP 427), its folder in one of them.
      guard
        let member = archive.directory.members.first(where: { member in
          let parts = member.name.split(separator: "/")
          return parts.count == 2 && parts[1] == "METADATA" && parts[0].hasSuffix(".dist-info")
        })
      else { throw LayerError.inconsistent(path: path, problem: "is a wheel without METADATA") }
      return try PythonMetadata(parsing: try archive.read(member))
    }
  }
}
