import Packages
import Versions

/// Is what an index offers of one project: versions, newest first, each with its files.
///
/// Whether a version can be used is only judged when it is a candidate: most never are.
struct PythonCandidates: Sendable {
  /// Is a version with the file to install and all files it has.
  struct Candidate: Sendable {
    let version: PEP440Version
    let chosen: PythonFile
    let files: [PythonFile]
  }

  /// The versions, newest first.
  let versions: [PEP440Version]
  private let files: [PythonFile]
  /// The places in `files` of the files of each version.
  private let ranges: [Range<Int>]

  init(_ listed: [PythonFile], excludingNewerThan limit: String?) {
    var kept = listed
    if let limit {
      kept = listed.filter { file in file.uploadTime.map { Self.isAtMost($0, limit) } ?? false }
    }
    let keyed = kept.enumerated().sorted { left, right in
      let (first, second) = (left.element.version, right.element.version)
      return first == second ? left.offset < right.offset : first > second
    }
    var (versions, ranges): ([PEP440Version], [Range<Int>]) = ([], [])
    for (place, entry) in keyed.enumerated() {
      if let last = versions.last, last == entry.element.version {
        ranges[ranges.count - 1] = ranges[ranges.count - 1].lowerBound..<place + 1
      } else {
        versions.append(entry.element.version)
        ranges.append(place..<place + 1)
      }
    }
    self.versions = versions
    self.ranges = ranges
    files = keyed.map(\.element)
  }

  /// The files of the version at a place in `versions`.
  func files(at place: Int) -> ArraySlice<PythonFile> { files[ranges[place]] }

  /// Returns the places of the versions in a set: final releases first, then pre-releases, newest first in both.
  ///
  /// So a pre-release is only tried where no final release is left (PEP 440, "Handling of pre-releases").
  func places(in set: VersionRanges<PEP440Cut>) -> some Sequence<Int> {
    let inside = versions.indices.lazy.filter { set.contains(from: versions[$0].lowerCut) }
    return [inside.filter { !versions[$0].isPreRelease }, inside.filter { versions[$0].isPreRelease }].joined()
  }

  /// The place of a version.
  func place(of version: PEP440Version) -> Int? {
    var (low, high) = (0, versions.count)
    while low < high {
      let middle = (low + high) / 2
      if versions[middle] > version { low = middle + 1 } else { high = middle }
    }
    return low < versions.count && versions[low] == version ? low : nil
  }

  /// Compares times in RFC 3339 with the zone `Z`, where a fraction of a second may be missing.
  private static func isAtMost(_ time: String, _ limit: String) -> Bool {
    let (left, right) = (time.utf8.prefix { $0 != UInt8(ascii: "Z") }, limit.utf8.prefix { $0 != UInt8(ascii: "Z") })
    return left.elementsEqual(right) || left.lexicographicallyPrecedes(right)
  }
}
