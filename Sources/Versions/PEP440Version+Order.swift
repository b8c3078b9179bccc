// PEP 440, "Summary of permitted suffixes and relative ordering".

extension PEP440Version: Hashable, Comparable {
  /// Whether the two are the same version, however they are spelled.
  public static func == (left: PEP440Version, right: PEP440Version) -> Bool {
    left.compare(right) == 0
  }

  /// Whether `left` is older than `right`.
  public static func < (left: PEP440Version, right: PEP440Version) -> Bool {
    left.compare(right) < 0
  }

  /// Hashes what equal versions have in common.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(epoch)
    for index in 0..<significantCount { hasher.combine(release[index]) }
    hasher.combine(preRelease)
    hasher.combine(postRelease)
    hasher.combine(developmentRelease)
    hasher.combine(local)
  }

  /// Orders two versions: negative if this one is older, zero if they are equal, positive if it is newer.
  func compare(_ other: PEP440Version) -> Int {
    if isIdentical(to: other) { return 0 }
    let base = compareBase(other)
    if base != 0 { return base }
    // No post-release sorts before any.
    switch (postRelease, other.postRelease) {
    case (nil, nil): break
    case (nil, _): return -1
    case (_, nil): return 1
    case (let mine?, let theirs?): if mine != theirs { return mine < theirs ? -1 : 1 }
    }
    // A development release sorts before the release it leads to.
    let development = Self.order(developmentRelease ?? .max, other.developmentRelease ?? .max)
    if development != 0 { return development }
    if local.isEmpty && other.local.isEmpty { return 0 }
    for (mine, theirs) in zip(local, other.local) where mine != theirs { return mine < theirs ? -1 : 1 }
    return Self.order(UInt64(local.count), UInt64(other.local.count))
  }

  /// Orders two versions by epoch, release and pre-release only.
  func compareBase(_ other: PEP440Version) -> Int {
    if epoch != other.epoch { return epoch < other.epoch ? -1 : 1 }
    for index in 0..<min(significantCount, other.significantCount) {
      let (mine, theirs) = (release[index], other.release[index])
      if mine != theirs { return mine < theirs ? -1 : 1 }
    }
    if significantCount != other.significantCount { return significantCount < other.significantCount ? -1 : 1 }
    let (mine, theirs) = (stage, other.stage)
    if mine != theirs { return mine < theirs ? -1 : 1 }
    return Self.order(preRelease?.number ?? 0, other.preRelease?.number ?? 0)
  }

  /// Where the version stands around its final release: a bare development release first, the final one last.
  private var stage: UInt8 {
    if let preRelease { return preRelease.kind.rawValue }
    return postRelease == nil && developmentRelease != nil ? 0 : 4
  }

  private static func order(_ left: UInt64, _ right: UInt64) -> Int {
    left == right ? 0 : left < right ? -1 : 1
  }
}
