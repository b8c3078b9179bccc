internal import HTTP
public import Host
internal import OCI
public import Packages
internal import Resolution
public import Versions

/// Finds the files that requirements by address stand for, with their hashes.
///
/// Specification: PEP 508, "URL reqs"; PEP 440, "Direct references".
public enum DirectFiles {
  /// Fetches each file once, compares the hash that stands behind its address, and names it for a resolution.
  ///
  /// - Throws: ``PinningError`` for what can't be pinned, else what fetching throws.
  public static func find(
    for requirements: [Requirement], store: PythonStore, progress: Progress
  ) async throws -> [PackageName: PythonFile] {
    var files: [PackageName: PythonFile] = [:]
    for requirement in requirements {
      guard case .url(let address) = requirement.source else { continue }
      let file = try named(address, requirement.name)
      if let known = files[requirement.name] {
        guard known.url == file.url else {
          throw PinningError.addresses(requirement.name, first: known.url, second: file.url)
        }
        continue
      }
      let locked = try await progress.during("fetch \(file.fileName)") {
        try await store.locked(file, progress: progress)
      }
      files[requirement.name] = try PythonFile(
        fileName: file.fileName, project: requirement.name, url: file.url, sha256: locked.digest.hex, size: locked.size)
    }
    return files
  }

  /// The file at an address, by its name alone.
  static func named(_ address: String, _ project: PackageName) throws(PinningError) -> PythonFile {
    for system in ["git+", "hg+", "svn+", "bzr+"] where address.hasPrefix(system) {
      throw .versionControl(project, address: address)
    }
    guard ["https://", "http://", "file:///"].contains(where: address.hasPrefix) else {
      throw .address(project, address: address, reason: "it begins with neither https:// nor file:///")
    }
    let parts = address.split(separator: "#", maxSplits: 1)
    let bare = String(parts[0])
    var digest: String?
    for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
      if pair.hasPrefix("subdirectory=") {
        throw .address(project, address: address, reason: "a folder within an archive is not built")
      }
      guard pair.hasPrefix("sha256=") else { continue }
      guard let sha256 = try? Digest(algorithm: .sha256, hex: pair.dropFirst(7).lowercased()) else {
        throw .address(project, address: address, reason: "what follows 'sha256=' is no sha256")
      }
      digest = sha256.hex
    }
    let path = bare.prefix { $0 != "?" }
    if bare.hasPrefix("file://"), Files.isDirectory(String(path.dropFirst(7))) {
      throw .folder(project, path: String(path.dropFirst(7)))
    }
    let name = PercentEncoding.decoded(path.split(separator: "/").last ?? "")
    do throws(VersionNotationError) {
      return try PythonFile(fileName: name, project: project, url: bare, sha256: digest)
    } catch {
      throw .address(
        project, address: address, reason: "its last part has to be the name of a wheel or source: \(error)")
    }
  }
}
