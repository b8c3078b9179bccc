internal import CLinux
import Glibc
import Host

/// The places of one run, all below a directory that goes with it.
///
/// What Spark spills and shuffles lies here, too: a driver that is killed cleans nothing up, the supervisor does.
struct RunDirectory: Equatable, Sendable {
  let path: String

  /// The settings that Spark reads: `SPARK_CONF_DIR`.
  var configuration: String { Path.join(path, "conf") }
  /// Where Spark writes its event log.
  var events: String { Path.join(path, "events") }
  /// Where Spark spills and shuffles.
  var scratch: String { Path.join(path, "local") }
  /// What Python finds before everything else.
  var python: String { Path.join(path, "python") }
  /// Where the Python side writes Spark's name for the application.
  var application: String { Path.join(path, "application") }
  /// What is there once the driver's heap was exhausted.
  var heapMark: String { Path.join(path, "heap-exhausted") }
  /// What is known of the running job, for `serve`.
  var status: String { Path.join(path, "status.json") }

  /// The prefix of the directory's name.
  static let prefix = "glue-athena"

  /// Where the directory of a container is made, and why there.
  ///
  /// A `/tmp` in memory would take from the container's limit what Spark spills to get below it.
  static func parent(in container: Container) -> (path: String, reason: String) {
    let usual = container.temporaryDirectory
    let places = [usual, container.path(container.home), container.path("/var/tmp")]
    let writable = places.filter { Files.isDirectory($0) && access($0, W_OK | X_OK) == 0 }
    let plain = writable.filter(isPlain)
    let usable = plain.isEmpty ? writable : plain
    guard let first = usable.first else { return (usual, "no better place can be written to") }
    if let kind = memoryFileSystem(first), let disk = usable.first(where: { memoryFileSystem($0) == nil }) {
      return (disk, "\(first) is a \(kind): what Spark spills there would count as memory")
    }
    if first == usual { return (first, "temporary files go there") }
    let problem = writable.contains(usual) ? "has a name that Spark can't work with" : "can't be written to"
    return (first, "\(usual) \(problem)")
  }

  /// Whether Spark takes the path for what it is: a space, `%` or `#` breaks the address of its event log, a comma the list
  /// of its scratch directories, a quote the options of Java.
  private static func isPlain(_ path: String) -> Bool {
    path.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57, 0x80...: true
      default: "/-._~+=@:".utf8.contains(byte)
      }
    }
  }

  /// The name of the file system when it keeps its files in memory: statfs(2), "f_type".
  private static func memoryFileSystem(_ path: String) -> String? {
    var status = statfs()
    guard statfs(path, &status) == 0 else { return nil }
    switch UInt32(truncatingIfNeeded: status.f_type) {
    case 0x0102_1994: return "tmpfs"
    case 0x8584_58f6: return "ramfs"
    default: return nil
    }
  }
}
