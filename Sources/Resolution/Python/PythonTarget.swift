public import Versions

/// Says where a resolution has to hold.
public enum PythonTarget: Sendable {
  /// On one interpreter and machine: markers are decided, and each package has a file that runs there.
  case platform(PythonPlatform)
  /// In every environment of a set: what differs between them is told apart by markers, and any file will do that fits
  /// some of them.
  case environments(EnvironmentSet)

  /// The environments in which the outcome holds, as far as markers tell.
  var environments: EnvironmentSet {
    switch self {
    case .platform: .full
    case .environments(let set): set
    }
  }

  /// The environments of the target in which a marker holds.
  func environments(of marker: Marker?, extras: Set<PackageName> = []) -> EnvironmentSet {
    switch self {
    case .platform(let platform):
      marker?.holds(in: platform.markerEnvironment, extras: extras) ?? true ? .full : .empty
    case .environments(let set):
      marker == nil ? set : EnvironmentSet(marker, extras: extras).intersection(set)
    }
  }

  /// How well a wheel fits: zero is best, `nil` means that it runs nowhere in the target.
  func rank(of wheel: WheelName) -> Int? {
    switch self {
    case .platform(let platform): platform.rank(of: wheel)
    case .environments(let set): set.admits(wheel) ? 0 : nil
    }
  }

  /// The target's Python, in words.
  var python: String {
    switch self {
    case .platform(let platform): "Python \(platform.python)"
    case .environments(let set): set.oldestPython.map { "Python \($0) and newer" } ?? "every Python"
    }
  }
}

extension EnvironmentSet {
  /// Whether a wheel runs on some interpreter of the set, judged by its first two tags.
  ///
  /// PEP 425: `py3` names a language, `cp310` an interpreter, which `abi3` lets be newer.
  public func admits(_ wheel: WheelName) -> Bool {
    wheel.tags.contains { tag in
      guard let version = Self.version(tag.python) else { return false }
      let isMinor = version.release.count > 1
      if tag.python.hasPrefix("py") || tag.abi == "abi3" || tag.abi == "none" {
        return version.releaseNumber(at: 0) == 3
      }
      guard isMinor else { return true }
      let isOwn = Marker.comparison(.variable(.pythonVersion), .version(.equal), .literal(version.description))
      return !isDisjoint(with: EnvironmentSet(isOwn))
    }
  }

  /// The version that a tag such as `cp310` or `py3` names.
  private static func version(_ tag: String) -> PEP440Version? {
    let digits = tag.drop { $0.isLetter }
    guard let major = digits.first, digits.allSatisfy(\.isNumber) else { return nil }
    return try? PEP440Version(parsing: digits.count > 1 ? "\(major).\(digits.dropFirst())" : "\(major)")
  }
}
