import Packages
import Versions

/// Is what an index offers of one project: versions, newest first, each with its files.
///
/// Whether a version can be used is only judged when it is a candidate: most never are.
struct PythonCandidates: Sendable {
  private let listing: PythonListing

  init(_ listing: PythonListing, excludingNewerThan limit: String? = nil) {
    var listing = listing
    if let limit {
      listing = PythonListing(
        listing.files.filter { file in file.uploadTime.map { Self.isAtMost($0, limit) } ?? false })
    }
    self.listing = listing
    let versions = listing.versions
    let all = Array(versions.indices)
    stages = (all, all.filter { !versions[$0].isPreRelease }, all.filter { versions[$0].isPreRelease })
  }

  /// The versions, newest first.
  var versions: [PEP440Version] { listing.versions }

  /// The files of the version at a place in `versions`, in the index's order.
  func files(at place: Int) -> [PythonFile] { listing.files(at: place) }

  /// The places of all versions, of the final releases and of the others.
  private let stages: (all: [Int], final: [Int], early: [Int])

  /// Whether there is a final release.
  var hasFinalRelease: Bool { !stages.final.isEmpty }

  /// Returns the places of the versions in a set: final releases first, then pre-releases as far as they are wanted,
  /// newest first in both.
  ///
  /// So a pre-release is only tried where no final release is left (PEP 440, "Handling of pre-releases").
  func places(
    in set: VersionRanges<PEP440Cut>, preReleases: PreReleaseUse = .last, isOldestFirst: Bool = false
  ) -> some Sequence<Int> {
    let lists =
      switch preReleases {
      case .none: [stages.final]
      case .last: [stages.final, stages.early]
      case .mixed: [stages.all]
      }
    let extents = set.intervals.reversed().map { interval in
      let newest = interval.upper.map { upper in firstPlace { $0 < upper } } ?? 0
      let oldest = interval.lower.map { lower in firstPlace { $0 < lower } } ?? versions.count
      return newest..<max(newest, oldest)
    }
    return lists.flatMap { list in
      let slices = extents.map { Self.slice(of: list, $0) }
      return isOldestFirst ? slices.reversed().map { Array($0.reversed())[...] } : slices
    }.joined()
  }

  /// The part of an ascending list that lies in a range.
  private static func slice(of list: [Int], _ range: Range<Int>) -> ArraySlice<Int> {
    func first(_ bound: Int) -> Int {
      var (low, high) = (0, list.count)
      while low < high {
        let middle = (low + high) / 2
        if list[middle] < bound { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return list[first(range.lowerBound)..<first(range.upperBound)]
  }

  /// Says how versions before a final release take part.
  enum PreReleaseUse {
    case none
    case last
    case mixed
  }

  /// The first place, among versions that descend, whose lower cut passes a test that all later ones pass too.
  private func firstPlace(where test: (PEP440Cut) -> Bool) -> Int {
    var (low, high) = (0, versions.count)
    while low < high {
      let middle = (low + high) / 2
      if test(versions[middle].lowerCut) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The place of a version.
  func place(of version: PEP440Version) -> Int? {
    let place = firstPlace { $0 <= version.lowerCut }
    return place < versions.count && versions[place] == version ? place : nil
  }

  /// Compares times in RFC 3339 with the zone `Z`, where a fraction of a second may be missing.
  private static func isAtMost(_ time: String, _ limit: String) -> Bool {
    let (left, right) = (time.utf8.prefix { $0 != UInt8(ascii: "Z") }, limit.utf8.prefix { $0 != UInt8(ascii: "Z") })
    return left.elementsEqual(right) || left.lexicographicallyPrecedes(right)
  }
}
