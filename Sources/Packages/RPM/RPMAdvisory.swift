import Host
import OCI
public import Versions
import XML

/// A security advisory of a distribution, with the packages that mend what it is about (`updateinfo.xml`).
public struct RPMAdvisory: Sendable, Hashable {
  /// A package that has the mending.
  public struct Package: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// `noarch`, or the processor architecture in RPM's word.
    public let architecture: String
    /// The first version that is mended.
    public let version: RPMVersion
  }

  /// Its name, for example `ALAS2023-2025-874`.
  public let id: String
  /// The distribution's word for how bad it is, for example `Important`; empty when it has none.
  public let severity: String
  /// The weaknesses that it is about, for example `CVE-2025-0001`, in its order.
  public let references: [String]
  /// The packages.
  public let packages: [Package]
}

extension RPMRepositories {
  /// The security advisories of the repositories of a request; a repository without any has nothing to say.
  public func advisories(_ request: Request) async throws(RPMError) -> [RPMAdvisory] {
    var advisories: [RPMAdvisory] = []
    for repository in try await load(request) {
      guard let entry = repository.index["updateinfo"] else { continue }
      let file = try await plain(entry, root: repository.root, credentials: repository.credentials)
      advisories += try await BlockingPool.run { () throws(RPMError) in
        let reader = AdvisoryReader()
        try Self.parse(file, reader, place: entry.path)
        return reader.advisories
      }
    }
    return advisories
  }
}

/// Reads `updateinfo.xml` as createrepo_c and yum's own tools write it; what is about anything but security is passed over.
private final class AdvisoryReader: XMLVisitor {
  private(set) var advisories: [RPMAdvisory] = []
  private var isSecurity = false
  private var id = ""
  private var severity = ""
  private var references: [String] = []
  private var packages: [RPMAdvisory.Package] = []
  private var captured: [UInt8]?

  func start(_ tag: borrowing XMLTag) {
    if tag.isNamed("update") {
      isSecurity = tag["type"] == "security"
      (id, severity, references, packages) = ("", "", [], [])
    } else if !isSecurity {
      return
    } else if tag.isNamed("id") || tag.isNamed("severity") {
      captured = []
    } else if tag.isNamed("reference") {
      if tag["type"] == "cve", let name = tag["id"], RPMPackage.isName(name) { references.append(name) }
    } else if tag.isNamed("package") {
      guard let name = tag["name"], let version = tag["version"], let architecture = tag["arch"],
        RPMPackage.isName(name)
      else { return }
      packages.append(
        RPMAdvisory.Package(
          name: name, architecture: architecture,
          version: RPMVersion(
            epoch: tag["epoch"].flatMap { UInt32($0) } ?? 0, version: version, release: tag["release"])))
    }
  }

  func text(_ bytes: UnsafeRawBufferPointer) { captured?.append(contentsOf: bytes) }

  func end(_ tag: borrowing XMLTag) {
    if tag.isNamed("update"), isSecurity {
      advisories.append(RPMAdvisory(id: id, severity: severity, references: references, packages: packages))
      isSecurity = false
    }
    guard let bytes = captured.take() else { return }
    // What is printed has no control characters.
    let text = String(String(decoding: bytes.prefix(200), as: UTF8.self).unicodeScalars.filter { $0.value >= 0x20 })
    if tag.isNamed("id") { id = text } else { severity = text }
  }
}
