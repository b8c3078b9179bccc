/// Which distribution a package is of, in the word that its `/etc/os-release` has as ID, and package URLs as namespace.
enum RPMDistribution {
  /// What releases end with (`%{?dist}` of the distributions' build roots), and the distribution.
  private static let marks: [(mark: String, name: String)] = [
    ("amzn", "amzn"), ("fc", "fedora"), ("azl", "azurelinux"), ("cm", "mariner"), ("mga", "mageia"),
    ("oe", "openEuler"),
  ]
  /// Those that rebuild Red Hat's packages, whose releases end alike, by what their repositories are called.
  private static let rebuilders: [(word: String, name: String)] = [
    ("rocky", "rocky"), ("alma", "almalinux"), ("centos", "centos"), ("ol", "ol"), ("epel", "fedora"),
  ]
  /// What else repositories are called.
  private static let repositories: [(word: String, name: String)] = [
    ("amazonlinux", "amzn"), ("amzn", "amzn"), ("fedora", "fedora"), ("rhel", "rhel"), ("ubi", "rhel"),
    ("opensuse", "opensuse"),
  ]

  /// The distribution of a package; empty if neither its release nor its repository says one.
  ///
  /// - Parameters:
  ///   - release: The package's release, for example `1.amzn2023.0.2`.
  ///   - repository: The name of the repository that listed it, for example `amzn2-core`.
  static func name(release: String, repository: String) -> String {
    let repository = repository.lowercased()
    for part in release.split(whereSeparator: { ".+_".contains($0) }) {
      func isMarked(_ mark: String) -> Bool {
        part.hasPrefix(mark) && part.dropFirst(mark.utf8.count).first?.isNumber == true
      }
      if let found = marks.first(where: { isMarked($0.mark) }) { return found.name }
      guard isMarked("el") else { continue }
      return (rebuilders.first { repository.hasPrefix($0.word) || release.contains(".\($0.word)") })?.name ?? "rhel"
    }
    return (repositories + rebuilders).first { repository.hasPrefix($0.word) }?.name ?? ""
  }
}
