public import OCI
public import Versions
import Host

/// One version of a package as an index describes it.
public struct DebianPackage: Sendable {
  /// The package's name.
  public let name: String
  /// The version.
  public let version: DebianVersion
  /// `all`, or the processor architecture.
  public let architecture: String
  /// The path below the archive's root, for example `pool/main/b/bash/bash_5.2.15-2_amd64.deb`.
  public let filename: String
  /// The file's size in bytes.
  public let size: Int
  /// The file's digest.
  public let digest: Digest
  /// Whether every Debian system has it (`Essential: yes`).
  public let isEssential: Bool
  /// How important the archive deems it, from 0 (`required`) to 4 (`extra`), which decides between providers of one name.
  public let rank: Int
  /// What must be there, from `Pre-Depends` and `Depends`.
  public let dependencies: [DebianDependency]
  /// Names it stands for, with the version that counts there.
  public let provides: [DebianRelation]
  /// What must not be there, from `Conflicts` and `Breaks`.
  public let conflicts: [DebianRelation]
  /// The suite whose index lists it.
  public let suite: String

  /// Reads a stanza of a package index, checking what a hostile one could do harm with.
  init(_ stanza: ControlStanza, suite: String) throws(DebianError) {
    let name = stanza["Package"] ?? ""
    let place = "the entry of '\(name)' in the index of \(suite)"
    guard Self.isName(name) else { throw .malformed(place, reason: "that is no package's name") }
    func field(_ key: String) throws(DebianError) -> String {
      guard let value = stanza[key], !value.isEmpty else {
        throw .malformed(place, reason: "the field \(key) is missing")
      }
      return value
    }
    self.name = name
    do { version = try DebianVersion(parsing: try field("Version")) } catch {
      throw .malformed(place, reason: "\(error)")
    }
    architecture = try field("Architecture")
    let filename = try field("Filename")
    guard let contained = Path.contained(filename), contained.hasSuffix(".deb") else {
      throw .malformed(place, reason: "'\(filename)' is no path inside the archive")
    }
    self.filename = contained
    guard let size = Int(try field("Size")), size > 0 else { throw .malformed(place, reason: "the size is no number") }
    self.size = size
    do { digest = try Digest(algorithm: .sha256, hex: try field("SHA256")) } catch {
      throw .malformed(place, reason: "\(error)")
    }
    isEssential = stanza["Essential"] == "yes"
    rank =
      ["required", "important", "standard", "optional"].firstIndex(of: stanza["Priority"]?.lowercased() ?? "") ?? 4
    dependencies =
      try DebianDependency.list(parsing: stanza["Pre-Depends"] ?? "")
      + DebianDependency.list(parsing: stanza["Depends"] ?? "")
    provides = try DebianDependency.list(parsing: stanza["Provides"] ?? "").flatMap(\.alternatives)
    conflicts =
      try DebianDependency.list(parsing: stanza["Conflicts"] ?? "").flatMap(\.alternatives)
      + DebianDependency.list(parsing: stanza["Breaks"] ?? "").flatMap(\.alternatives)
    self.suite = suite
  }

  /// Whether a relation holds for this package, by its own name or one that it provides.
  ///
  /// A provision without a version satisfies no relation that has a bound (Debian Policy, section 7.5).
  public func satisfies(_ relation: DebianRelation) -> Bool {
    if name == relation.name { return relation.admits(version) }
    return provides.contains { provision in
      guard provision.name == relation.name else { return false }
      if relation.constraint == nil { return true }
      return provision.constraint.map { relation.admits($0.version) } ?? false
    }
  }

  /// Whether a text can be a package's name (Debian Policy, section 5.6.1); capitals are let pass.
  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count >= 2 || first != UInt8(ascii: "-") else { return false }
    return isAlphanumeric(first)
      && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }
}
