import Host
import OCI
import Versions
import XML

/// Reads a repository's index of packages, `primary.xml` (createrepo_c's format).
///
/// The index of a distribution has 100 MB, of which descriptions and links are most: events pass over them.
final class PrimaryReader: XMLVisitor {
  private(set) var packages: [RPMPackage] = []
  private(set) var failure: RPMError?
  private let place: String
  private var draft: RPMPackageDraft?
  private var list: WritableKeyPath<RPMPackageDraft, [RPMPackageDraft.Entry]>?
  private var captured: [UInt8]?

  init(place: String) { self.place = place }

  func start(_ tag: borrowing XMLTag) {
    if tag.isNamed("package") {
      draft = RPMPackageDraft()
      return
    }
    guard draft != nil else { return }
    if tag.isNamed("entry") {
      guard let list, let name = tag["name"] else { return }
      draft?[keyPath: list].append(
        RPMPackageDraft.Entry(
          name: name, flags: tag["flags"], epoch: tag["epoch"], version: tag["ver"], release: tag["rel"]))
    } else if tag.isNamed("name") || tag.isNamed("arch") || tag.isNamed("file") {
      captured = []
    } else if tag.isNamed("checksum") {
      draft?.checksumType = tag["type"] ?? ""
      captured = []
    } else if tag.isNamed("version") {
      draft?.epoch = tag["epoch"]
      draft?.version = tag["ver"]
      draft?.release = tag["rel"]
    } else if tag.isNamed("location") {
      draft?.location = tag["href"] ?? ""
    } else if tag.isNamed("size") {
      draft?.size = tag["package"] ?? ""
    } else if tag.isNamed("time") {
      draft?.built = tag["build"]
    } else if tag.isNamed("provides") {
      list = \.provides
    } else if tag.isNamed("requires") {
      list = \.requires
    } else if tag.isNamed("conflicts") {
      list = \.conflicts
    } else if tag.isNamed("obsoletes") {
      list = \.obsoletes
    }
  }

  func text(_ bytes: UnsafeRawBufferPointer) { captured?.append(contentsOf: bytes) }

  func end(_ tag: borrowing XMLTag) {
    if tag.isNamed("package") {
      guard let draft = self.draft.take() else { return }
      do throws(RPMError) { packages.append(try draft.package(place: place)) } catch { failure = failure ?? error }
      return
    }
    if let bytes = captured.take() {
      let text = String(decoding: bytes, as: UTF8.self)
      if tag.isNamed("name") {
        draft?.name = text
      } else if tag.isNamed("arch") {
        draft?.architecture = text
      } else if tag.isNamed("checksum") {
        draft?.checksum = text
      } else if tag.isNamed("file") {
        draft?.files.append(text)
      }
    } else if tag.isNamed("provides") || tag.isNamed("requires") || tag.isNamed("conflicts")
      || tag.isNamed("obsoletes")
    {
      list = nil
    }
  }
}

/// The texts of one entry of an index, not yet checked.
struct RPMPackageDraft {
  /// A capability as an index writes it.
  struct Entry {
    let name: String
    let flags: String?
    let epoch: String?
    let version: String?
    let release: String?

    func relation() -> RPMRelation {
      guard let flags, let comparison = RPMRelation.Comparison(word: flags), let version else {
        return RPMRelation(name: name)
      }
      return RPMRelation(
        name: name, comparison: comparison,
        version: RPMVersion(epoch: epoch.flatMap { UInt32($0) } ?? 0, version: version, release: release))
    }

    func requirement() throws(RPMError) -> RPMRequirement {
      name.hasPrefix("(") ? try RPMRequirement(parsing: name) : .relation(relation())
    }
  }

  var name = ""
  var architecture = ""
  var epoch: String?
  var version: String?
  var release: String?
  var checksumType = ""
  var checksum = ""
  var location = ""
  var size = ""
  var built: String?
  var provides: [Entry] = []
  var requires: [Entry] = []
  var conflicts: [Entry] = []
  var obsoletes: [Entry] = []
  var files: [String] = []

  /// The package, with what a hostile entry could do harm with checked.
  func package(place: String) throws(RPMError) -> RPMPackage {
    func refusal(_ reason: String) -> RPMError { .malformed("the entry of '\(name)' in \(place)", reason: reason) }
    guard RPMPackage.isName(name), RPMPackage.isName(architecture) else {
      throw refusal("that is no package's name and architecture")
    }
    guard let version, let release, !version.isEmpty, !(version + release).contains("/"),
      let epoch = UInt32(self.epoch ?? "0")
    else { throw refusal("its version is missing or wrong") }
    guard let location = Path.contained(location), location.hasSuffix(".rpm") else {
      throw refusal("'\(location)' is no path inside the repository")
    }
    guard let size = Int(size), size > 0 else { throw refusal("the size is no number") }
    guard checksumType == "sha256", let digest = try? Digest(algorithm: .sha256, hex: checksum) else {
      throw refusal("its checksum is no sha256 but '\(checksumType)'")
    }
    // What rpm itself provides can't be missing: features of its format, not packages.
    let requires = requires.filter { !$0.name.hasPrefix("rpmlib(") }
    return RPMPackage(
      name: name, version: RPMVersion(epoch: epoch, version: version, release: release), architecture: architecture,
      location: location, size: size, digest: digest, built: built.flatMap { Int($0) } ?? 0,
      provides: provides.map { $0.relation() },
      requires: try Self.requirements(requires), conflicts: try Self.requirements(conflicts),
      obsoletes: obsoletes.map { $0.relation() }, files: files)
  }

  private static func requirements(_ entries: [Entry]) throws(RPMError) -> [RPMRequirement] {
    var requirements: [RPMRequirement] = []
    for entry in entries { requirements.append(try entry.requirement()) }
    return requirements
  }
}
