internal import Versions
internal import OCI

extension LockFile {
  /// A sentence for each Python package that has another version on some platform than on the first, sorted by name.
  ///
  /// Debian's archive may lag behind on a platform for a day, so that its versions differ by the nature of things.
  public var versionDifferences: [String] {
    func versions(_ lock: Lock) -> [PackageName: PEP440Version] {
      Dictionary((lock.python?.packages ?? []).map { ($0.name, $0.version) }) { first, _ in first }
    }
    let mine = versions(first)
    return others.flatMap { lock in
      versions(lock).sorted { $0.key < $1.key }.compactMap { name, version in
        guard let usual = mine[name], usual != version else { return nil }
        return "\(name) is \(version) on \(lock.platform) and \(usual) on \(first.platform)"
      }
    }
  }
}
