internal import CLinux
import Glibc
import Host

/// Spark's event log, read while it is written.
///
/// Spark writes one file for each application and names it anew when the application ends. Where the files are this run's
/// alone, what was read is given back to the disk: a job of a hundred thousand tasks writes half a gigabyte of them.
struct EventLog: Sendable {
  let directory: String
  /// Whether nobody else reads or keeps the files.
  let isOurs: Bool
  /// The files of others, which were there before the job.
  private let old: Set<String>
  private var places: [String: Place] = [:]

  private struct Place: Sendable {
    var offset = 0
    /// The beginning of a line whose end was not written yet.
    var rest: [UInt8] = []
  }

  private static let suffix = ".inprogress"
  /// A line that is longer is passed over: the environment and some plans come to megabytes, tasks to kilobytes.
  private static let longestLine = 1 << 24

  /// Watches a directory.
  init(in directory: String, isOurs: Bool) {
    self.directory = directory
    self.isOurs = isOurs
    old = isOurs ? [] : Set(Self.names(in: directory).map(Self.application))
  }

  private static func names(in directory: String) -> [String] { (try? Files.list(directory)) ?? [] }

  private static func application(_ name: String) -> String {
    name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
  }

  /// Hands what was written since the last time to the metrics.
  mutating func read(into metrics: inout SparkMetrics) {
    for name in Self.names(in: directory).sorted() where !name.hasPrefix(".") {
      let application = Self.application(name)
      guard !old.contains(application) else { continue }
      places[application] = read(Path.join(directory, name), from: places[application] ?? Place(), &metrics)
    }
  }

  private func read(_ path: String, from place: Place, _ metrics: inout SparkMetrics) -> Place {
    var place = place
    // A file that is renamed in this moment is found under its new name the next time.
    let number = open(path, (isOurs ? O_RDWR : O_RDONLY) | O_CLOEXEC)
    guard number >= 0 else { return place }
    let file = FileHandle(adopting: number, path: path)
    let start = place.offset
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let offset = place.offset
      let count = chunk.withUnsafeMutableBytes { (try? file.read(into: $0, at: offset)) ?? 0 }
      guard count > 0 else { break }
      place.offset += count
      var lines = chunk[..<count]
      while let end = lines.firstIndex(of: 0x0A) {
        if place.rest.isEmpty {
          metrics.apply(lines[..<end])
        } else {
          place.rest += lines[..<end]
          metrics.apply(place.rest[...])
          place.rest = []
        }
        lines = lines[(end + 1)...]
      }
      if place.rest.count + lines.count <= Self.longestLine { place.rest += lines }
    }
    if isOurs, place.offset > start { clinux_give_back(file.number, Int64(start), Int64(place.offset - start)) }
    return place
  }
}
