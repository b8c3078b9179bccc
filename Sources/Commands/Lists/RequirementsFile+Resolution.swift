import Dockerfiles
import OCI
import Packages
import Resolution
import Versions

extension RequirementsFile {
  /// The file of a resolution, with the hashes of all files of each package.
  ///
  /// - Parameters:
  ///   - comment: What the file says about itself.
  ///   - asker: Who asks, for what is there by request.
  ///   - direct: Packages that were asked for by address.
  init(
    comment: [String], _ resolution: PythonResolution, asker: String, direct: [PackageName: PythonFile] = [:]
  ) throws {
    try resolution.requireHashes()
    self.init(
      comment: comment,
      entries: try resolution.packages.map { package in
        Entry(
          name: package.name, extras: package.extras, version: package.version, address: direct[package.name]?.url,
          marker: resolution.marker(of: package),
          digests: try package.files.compactMap { file in
            try file.sha256.map { try Digest(algorithm: .sha256, hex: $0) }
          }.sorted { $0.hex < $1.hex },
          via: package.requiredBy.map { requirer in
            switch requirer {
            case .request: asker
            case .package(let name): name.description
            }
          })
      })
  }
}

extension PythonResolution {
  /// Refuses packages of which no file has a hash.
  func requireHashes() throws {
    for package in packages where package.files.allSatisfy({ $0.sha256 == nil }) {
      throw Failure(
        .network, "the index gives no sha256 for the files of \(package.name) \(package.version)",
        hint: "use an index that states hashes (PEP 503, PEP 691)")
    }
  }
}
