internal import Packages
internal import Versions

/// The `*.egg-info` folder that setuptools packs into a source distribution.
///
/// Before setuptools 68 the requirements stood in its `requires.txt` only, and some archives have their `PKG-INFO` nowhere
/// else.
/// Source: setuptools, "Supporting information for developers: the Internal Structure of Python Eggs", `requires.txt`.
struct EggInfo {
  /// `PKG-INFO` as it stands there.
  let metadata: PythonMetadata?
  /// What `requires.txt` asks for; `nil` if there is no such file, or none that can be read.
  let requirements: Requirements?

  struct Requirements: Equatable {
    var all: [Requirement] = []
    var extras: [PackageName] = []
  }

  init(metadata: [UInt8]?, requires: [UInt8]?) {
    self.metadata = metadata.flatMap { try? PythonMetadata(parsing: $0) }
    requirements = requires.flatMap { try? Self.requirements(String(decoding: $0, as: UTF8.self)) }
  }

  /// Metadata whose requirements are those of `requires.txt` where it states none itself.
  func completing(_ metadata: PythonMetadata) -> PythonMetadata {
    guard metadata.requirements.isEmpty, let requirements else { return metadata }
    return PythonMetadata(
      metadataVersion: metadata.metadataVersion, name: metadata.name, version: metadata.version,
      requirements: requirements.all, requiresPython: metadata.requiresPython,
      extras: metadata.extras + requirements.extras.filter { !metadata.extras.contains($0) },
      dynamicFields: metadata.dynamicFields)
  }

  /// Reads lines of requirements under headings `[EXTRA]`, `[:MARKER]` and `[EXTRA:MARKER]`.
  static func requirements(_ text: String) throws(VersionNotationError) -> Requirements {
    var found = Requirements()
    var conditions: [Marker] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.trimming(while: { $0 == " " || $0 == "\t" })
      if line.isEmpty || line.hasPrefix("#") { continue }
      if line.hasPrefix("["), line.hasSuffix("]") {
        let parts = line.dropFirst().dropLast().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        conditions = []
        if let name = parts.first, !name.isEmpty {
          let extra = try PackageName(parsing: String(name))
          found.extras.append(extra)
          conditions.append(.comparison(.variable(.extra), .version(.equal), .literal(extra.description)))
        }
        if parts.count > 1, !parts[1].isEmpty { conditions.append(try Marker(parsing: parts[1])) }
        continue
      }
      let requirement = try Requirement(parsing: String(line))
      let all = conditions + (requirement.marker.map { [$0] } ?? [])
      found.all.append(
        Requirement(
          name: requirement.name, extras: requirement.extras, source: requirement.source,
          marker: all.count > 1 ? .all(all) : all.first))
    }
    return found
  }
}

extension Substring {
  fileprivate func trimming(while isSpace: (Character) -> Bool) -> Substring {
    let start = drop(while: isSpace)
    guard let last = start.lastIndex(where: { !isSpace($0) }) else { return start.prefix(0) }
    return start[...last]
  }
}
