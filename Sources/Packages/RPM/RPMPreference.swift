/// The order in which packages that would all do are tried.
struct RPMPreference {
  let universe: RPMUniverse
  let held: [String: RPMPin]
  /// The name that was asked for.
  let name: String

  /// Held pins come first, then what is there already, then the repositories that count most, then the package of the very name, then short names and new
  /// versions; what another of them replaces comes last.
  func sorted(_ packages: [Int]) -> [Int] {
    let members = packages.map { universe.packages[$0].package }
    func isReplaced(_ package: RPMPackage) -> Bool {
      members.contains { $0.name != package.name && $0.obsoletes.contains { package.isReplaced(by: $0) } }
    }
    let keys = packages.map { index -> Key in
      let member = universe.packages[index]
      let package = member.package
      return Key(
        isHeld: held[package.name]?.version == package.version, isInstalled: member.isInstalled,
        isReplaced: isReplaced(package),
        priority: member.priority, isNamed: package.name == name, package: package, index: index)
    }
    return keys.sorted().map(\.index)
  }

  private struct Key: Comparable {
    let isHeld: Bool
    let isInstalled: Bool
    let isReplaced: Bool
    let priority: Int
    let isNamed: Bool
    let package: RPMPackage
    let index: Int

    static func == (left: Key, right: Key) -> Bool { left.index == right.index }

    static func < (left: Key, right: Key) -> Bool {
      if left.isHeld != right.isHeld { return left.isHeld }
      if left.isInstalled != right.isInstalled { return left.isInstalled }
      if left.isReplaced != right.isReplaced { return right.isReplaced }
      if left.priority != right.priority { return left.priority < right.priority }
      if left.isNamed != right.isNamed { return left.isNamed }
      let (one, other) = (left.package, right.package)
      if one.name != other.name {
        let (length, otherLength) = (one.name.utf8.count, other.name.utf8.count)
        return length != otherLength ? length < otherLength : one.name < other.name
      }
      if one.version != other.version { return other.version < one.version }
      // The same version for this very processor before the one for all.
      if one.architecture != other.architecture { return other.architecture == "noarch" }
      return left.index < right.index
    }
  }
}
