import HTTP
import Host
import OCI
import Trust
import Versions

/// Is a directory of this machine that pip takes files from.
struct LocalPlace {
  private let path: String

  init(path: String) { self.path = path }

  /// The files of a project, with the digests of what they hold; blocks.
  ///
  /// A directory that does not exist has none: pip passes over it as well.
  func files(of project: PackageName) throws(PythonIndexFailure) -> [PythonFile] {
    guard Files.isDirectory(path) else { return [] }
    let names: [String]
    do throws(SystemError) { names = try Files.list(path) } catch { throw .file(path: path, reason: error.reason) }
    var files: [PythonFile] = []
    for name in names {
      // The name decides before the content is read: a file may have hundreds of megabytes.
      guard (try? PythonFile(fileName: name, project: project, url: "")) != nil else { continue }
      let file = Path.join(path, name)
      let content: (digest: Digest, size: Int)
      do throws(SystemError) { content = try SHA256.digest(ofFile: file) } catch {
        throw .file(path: file, reason: error.reason)
      }
      let url =
        "file://"
        + Path.absolute(file).split(separator: "/").map { "/" + PercentEncoding.encodedComponent($0) }.joined()
      if let found = try? PythonFile(
        fileName: name, project: project, url: url, sha256: content.digest.hex, size: content.size)
      {
        files.append(found)
      }
    }
    return files
  }
}

extension PythonFile {
  /// The path of a file of this machine, `nil` for one behind an index.
  var localPath: String? {
    url.hasPrefix("file://") ? PercentEncoding.decoded(url.dropFirst(7)) : nil
  }
}
