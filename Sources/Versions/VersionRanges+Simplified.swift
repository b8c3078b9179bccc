extension VersionRanges {
  /// Returns the simplest set with the same members among the versions that begin at `points`, which ascend.
  ///
  /// Bounds that tell no existing versions apart are dropped, so that a reader sees `numpy>=1.21` and not the union of
  /// what was tried.
  public func simplified(over points: [Cut]) -> Self {
    func place(of cut: Cut) -> Int {
      var (low, high) = (0, points.count)
      while low < high {
        let middle = (low + high) / 2
        if points[middle] < cut { low = middle + 1 } else { high = middle }
      }
      return low
    }
    var result = Self.empty
    var pending: (lower: Cut?, upper: Cut?, end: Int)?
    for interval in intervals {
      let (start, end) = (interval.lower.map(place) ?? 0, interval.upper.map(place) ?? points.count)
      guard start < end else { continue }
      if let open = pending, open.end == start {
        pending = (open.lower, interval.upper, end)
      } else {
        if let open = pending { result = result.union(Self(from: open.lower, to: open.upper)) }
        pending = (start == 0 ? nil : interval.lower, interval.upper, end)
      }
      if end == points.count { pending?.upper = nil }
    }
    if let open = pending { result = result.union(Self(from: open.lower, to: open.upper)) }
    return result
  }
}

extension VersionRanges<PEP440Cut>: CustomStringConvertible {
  /// The set in the notation of specifiers, with `or` where that has no notation; nothing for the set of all versions.
  public var description: String {
    guard let first = intervals.first else { return "no version" }
    var texts: [String] = []
    var (open, holes) = (first, [String]())
    for next in intervals.dropFirst() {
      let hole = Self.text(Interval(lower: open.upper, upper: next.lower), [])
      if hole.hasPrefix("==") {
        holes.append("!" + hole.dropFirst())
      } else {
        texts.append(Self.text(open, holes))
        (open, holes) = (next, [])
        continue
      }
      open = Interval(lower: open.lower, upper: next.upper)
    }
    texts.append(Self.text(open, holes))
    return texts.joined(separator: " or ")
  }

  private static func text(_ interval: Interval, _ holes: [String]) -> String {
    if holes.isEmpty, case .before(let version)? = interval.lower {
      if interval.upper == .after(version) || interval.upper == .afterLocalLabels(of: version) { return "==\(version)" }
      if let end = PEP440Specifier.afterPrefix(version), interval.upper == end {
        return "==\(version.withoutDevelopment).*"
      }
    }
    let bounds = [interval.lower.map(lowerText), interval.upper.map(upperText)].compactMap(\.self)
    return (bounds.prefix(interval.lower == nil ? 0 : 1) + holes + bounds.dropFirst(interval.lower == nil ? 0 : 1))
      .joined(separator: ",")
  }

  private static func lowerText(_ cut: PEP440Cut) -> String {
    switch cut {
    case .before(let version): precedingVersion(version).map { ">\($0)" } ?? ">=\(version)"
    case .after(let version), .afterPostReleases(let version): ">\(version)"
    }
  }

  private static func upperText(_ cut: PEP440Cut) -> String {
    switch cut {
    case .before(let version):
      precedingVersion(version).map { "<=\($0)" }
        ?? "<\(version.developmentRelease == 0 ? version.withoutDevelopment : version)"
    case .after(let version), .afterPostReleases(let version): "<=\(version)"
    }
  }

  /// The version whose local labels all lie before `version`, if that is how the cut came about.
  private static func precedingVersion(_ version: PEP440Version) -> PEP440Version? {
    guard version.developmentRelease == 0, let post = version.postRelease else { return nil }
    return PEP440Version(
      epoch: version.epoch, release: version.release, preRelease: version.preRelease,
      postRelease: post == 0 ? nil : post - 1)
  }
}

extension PEP440Version {
  fileprivate var withoutDevelopment: PEP440Version {
    PEP440Version(epoch: epoch, release: release, preRelease: preRelease, postRelease: postRelease)
  }
}
