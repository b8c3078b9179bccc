public import Versions

/// Is what an index lists of one project: its versions, newest first, and their files.
///
/// Whoever resolves looks at the files of a few versions among thousands: only those are read from the page.
public struct PythonListing: Sendable {
  /// The versions, newest first.
  public let versions: [PEP440Version]
  /// Where the places of each version's files begin in `places`, and where the last one's end.
  let starts: [Int]
  /// The places of files in the source, those of a version in the index's order.
  let places: [Int]
  let source: Source

  /// Where files are read from.
  enum Source: Sendable {
    /// A list; places are its indices.
    case list([PythonFile])
    /// A page in its JSON form; places are offsets in its text.
    case page(SimplePageText, project: PackageName)
  }

  /// Groups files by their versions.
  public init(_ files: [PythonFile]) {
    var groups = PythonListingGroups()
    for (place, file) in files.enumerated() { groups.add(place, file.version) }
    self.init(groups, .list(files))
  }

  init(_ groups: PythonListingGroups, _ source: Source) {
    let sorted = groups.newestFirst
    self.init(
      versions: sorted.map(\.version), starts: sorted.reduce(into: [0]) { $0.append($0.last! + $1.places.count) },
      places: sorted.flatMap(\.places), source: source)
  }

  init(versions: [PEP440Version], starts: [Int], places: [Int], source: Source) {
    self.versions = versions
    self.starts = starts
    self.places = places
    self.source = source
  }

  /// Whether there is no file.
  public var isEmpty: Bool { places.isEmpty }

  /// The files of the version at a place in `versions`, in the index's order; of those that a page names twice, the first.
  public func files(at place: Int) -> [PythonFile] {
    var names: Set<String> = []
    return read(places[starts[place]..<starts[place + 1]]).filter { names.insert($0.fileName).inserted }
  }

  /// All files in the index's order.
  public var files: [PythonFile] { read(places.sorted()[...]) }

  private func read(_ places: ArraySlice<Int>) -> [PythonFile] {
    switch source {
    case .list(let files): return places.map { files[$0] }
    case .page(let text, let project):
      var wheelNames = WheelNameReader()
      return places.compactMap { place in
        guard let link = try? text.link(at: place) else { return nil }
        return try? PythonFile(fileName: link.fileName, project: project, source: text, place: place, &wheelNames)
      }
    }
  }
}

/// Collects places by version.
struct PythonListingGroups {
  private var groups: [(version: PEP440Version, places: [Int])] = []
  private var groupOfVersion: [PEP440Version: Int] = [:]

  /// Adds a file; neighbours mostly share a version.
  mutating func add(_ place: Int, _ version: PEP440Version) {
    if let last = groups.indices.last, groups[last].version == version {
      groups[last].places.append(place)
    } else if let known = groupOfVersion[version] {
      groups[known].places.append(place)
    } else {
      groupOfVersion[version] = groups.count
      groups.append((version, [place]))
    }
  }

  var newestFirst: [(version: PEP440Version, places: [Int])] { groups.sorted { $0.version > $1.version } }
}
