/// Identifies a release of a Python project (PEP 440).
///
/// Two spellings of the same version are equal: `1.0` and `1.0.0`, `1.0a1` and `1.0-alpha.1`. The description is the
/// normalised spelling and keeps the zeros that the author wrote.
public struct PEP440Version: Sendable {
  /// Says which stage before the final release a version belongs to.
  public enum PreReleaseKind: UInt8, Sendable, Hashable {
    case alpha = 1
    case beta
    case candidate
  }

  /// Places a version before its final release.
  public struct PreRelease: Sendable, Hashable {
    /// The stage.
    public let kind: PreReleaseKind
    /// The number within the stage.
    public let number: UInt64
  }

  /// Is one dot-separated part of a local version label.
  ///
  /// The order of the cases is PEP 440's: any number sorts after any text.
  public enum LocalSegment: Sendable, Hashable, Comparable {
    case text(String)
    case number(UInt64)
  }

  /// Keeps the parts in one place, so that copying a version, which solving does all the time, counts one reference.
  private final class Parts: Sendable {
    let epoch: UInt64
    let release: [UInt64]
    let preRelease: PreRelease?
    let postRelease: UInt64?
    let developmentRelease: UInt64?
    let local: [LocalSegment]
    let significantCount: Int

    init(
      epoch: UInt64, release: [UInt64], preRelease: PreRelease?, postRelease: UInt64?, developmentRelease: UInt64?,
      local: [LocalSegment]
    ) {
      self.epoch = epoch
      self.release = release
      self.preRelease = preRelease
      self.postRelease = postRelease
      self.developmentRelease = developmentRelease
      self.local = local
      significantCount = release.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
    }
  }

  private let parts: Parts

  init(
    epoch: UInt64, release: [UInt64], preRelease: PreRelease? = nil, postRelease: UInt64? = nil,
    developmentRelease: UInt64? = nil, local: [LocalSegment] = []
  ) {
    parts = Parts(
      epoch: epoch, release: release, preRelease: preRelease, postRelease: postRelease,
      developmentRelease: developmentRelease, local: local)
  }

  /// The version epoch, zero unless written.
  public var epoch: UInt64 { parts.epoch }
  /// The release segment as written, with its trailing zeros.
  public var release: [UInt64] { parts.release }
  /// The pre-release, if this is one.
  public var preRelease: PreRelease? { parts.preRelease }
  /// The number of the post-release, if this is one.
  public var postRelease: UInt64? { parts.postRelease }
  /// The number of the development release, if this is one.
  public var developmentRelease: UInt64? { parts.developmentRelease }
  /// The local label's parts, empty for a public version.
  public var local: [LocalSegment] { parts.local }
  /// How many parts of `release` are left once trailing zeros are dropped.
  var significantCount: Int { parts.significantCount }

  /// Whether both share their parts, which settles most comparisons.
  func isIdentical(to other: PEP440Version) -> Bool { parts === other.parts }

  /// Creates a final release from its numbers.
  public init(release first: UInt64, _ rest: UInt64...) {
    self.init(epoch: 0, release: [first] + rest)
  }

  /// Whether installers avoid this version unless asked (PEP 440, "Handling of pre-releases").
  public var isPreRelease: Bool { preRelease != nil || developmentRelease != nil }

  /// The same version without its local label.
  public var publicVersion: PEP440Version {
    local.isEmpty
      ? self
      : PEP440Version(
        epoch: epoch, release: release, preRelease: preRelease, postRelease: postRelease,
        developmentRelease: developmentRelease)
  }

  /// The part of the release at `index`, zero past its end.
  public func releaseNumber(at index: Int) -> UInt64 {
    index < release.count ? release[index] : 0
  }
}

extension PEP440Version: CustomStringConvertible {
  /// The normalised spelling (PEP 440, "Normalization").
  public var description: String {
    var text = epoch == 0 ? "" : "\(epoch)!"
    for (index, number) in release.enumerated() {
      if index > 0 { text += "." }
      text += String(number)
    }
    if let preRelease {
      switch preRelease.kind {
      case .alpha: text += "a"
      case .beta: text += "b"
      case .candidate: text += "rc"
      }
      text += String(preRelease.number)
    }
    if let postRelease { text += ".post\(postRelease)" }
    if let developmentRelease { text += ".dev\(developmentRelease)" }
    for (index, segment) in local.enumerated() {
      text += index == 0 ? "+" : "."
      switch segment {
      case .text(let value): text += value
      case .number(let value): text += String(value)
      }
    }
    return text
  }
}
