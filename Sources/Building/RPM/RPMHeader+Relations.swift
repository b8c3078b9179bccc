internal import Layers
internal import Packages
internal import Trust
internal import Versions

extension RPMHeader {
  /// What a package makes obsolete.
  var obsoletes: [RPMRelation] { relations(.obsoleteNames, .obsoleteFlags, .obsoleteVersions) }

  /// What a package needs, with the flags that say when.
  var requirements: [(relation: RPMRelation, flags: Int)] {
    let flags = integers(.requireFlags)
    return relations(.requireNames, .requireFlags, .requireVersions).enumerated().map { index, relation in
      (relation, flags.indices.contains(index) ? flags[index] : 0)
    }
  }

  /// The package as the choice of others sees it that are to be installed beside it.
  ///
  /// - Throws: ``RPMError/malformed(_:reason:)`` for a joined dependency that can't be read.
  var installed: RPMPackage {
    get throws(RPMError) {
      // What rpm itself provides can't be missing: features of its format, not packages.
      let requires = relations(.requireNames, .requireFlags, .requireVersions).filter { !$0.name.hasPrefix("rpmlib(") }
      return RPMPackage(
        name: string(.name) ?? "", version: RPMDatabase.version(of: self), architecture: string(.architecture) ?? "",
        digest: SHA256.digest(of: bytes), built: integers(.buildTime).first ?? 0,
        provides: relations(.provideNames, .provideFlags, .provideVersions), requires: try Self.joined(requires),
        conflicts: try Self.joined(relations(.conflictNames, .conflictFlags, .conflictVersions)), obsoletes: obsoletes,
        files: paths)
    }
  }

  /// The paths of its files.
  private var paths: [String] {
    let (folders, names) = (strings(.directories), strings(.baseNames))
    return zip(integers(.directoryIndexes), names).compactMap { place, name in
      folders.indices.contains(place) ? folders[place] + name : nil
    }
  }

  private func relations(_ names: Tag, _ flags: Tag, _ versions: Tag) -> [RPMRelation] {
    let (flags, versions) = (integers(flags), strings(versions))
    return strings(names).enumerated().map { index, name in
      // The bits of a comparison: 2 less, 4 greater, 8 equal.
      let bits = flags.indices.contains(index) ? flags[index] : 0
      var comparison: RPMRelation.Comparison = []
      if bits & 2 != 0 { comparison.insert(.less) }
      if bits & 4 != 0 { comparison.insert(.greater) }
      if bits & 8 != 0 { comparison.insert(.equal) }
      let version = versions.indices.contains(index) ? try? RPMVersion(parsing: versions[index]) : nil
      return RPMRelation(name: name, comparison: comparison, version: version)
    }
  }

  private static func joined(_ relations: [RPMRelation]) throws(RPMError) -> [RPMRequirement] {
    var requirements: [RPMRequirement] = []
    for relation in relations {
      requirements.append(
        relation.name.hasPrefix("(") ? try RPMRequirement(parsing: relation.name) : .relation(relation))
    }
    return requirements
  }
}
