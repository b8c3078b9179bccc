import Versions

/// What a Release file says of itself, which preferences can name.
struct DebianRelease: Sendable, Hashable {
  var suite = ""
  var codename = ""
  var origin = ""
  var label = ""
  var version = ""
  /// Whether nothing is taken from it unless it is asked for, as with `experimental`.
  var isNotAutomatic = false
  /// Whether what was taken from it is upgraded all the same, as with backports.
  var upgradesAutomatically = false

  /// How much its versions count when nothing else is said (apt_preferences(5), "APT's Default Priority Assignments").
  var priority: Int { isNotAutomatic ? upgradesAutomatically ? 100 : 1 : 500 }
}

extension DebianPreference {
  /// Whether it means a version of a package.
  func matches(_ package: DebianPackage, from release: DebianRelease, component: String) -> Bool {
    guard packages.contains(where: { Glob($0).matches(package.name) }) else { return false }
    switch pin {
    case .version(let glob): return Glob(glob).matches(package.version.description)
    case .release(let letters):
      let values: [Character: String] = [
        "a": release.suite, "n": release.codename, "o": release.origin, "l": release.label, "v": release.version,
        "c": component, "b": package.architecture,
      ]
      return letters.allSatisfy { letter, glob in values[letter].map { Glob(glob).matches($0) } ?? false }
    }
  }
}
