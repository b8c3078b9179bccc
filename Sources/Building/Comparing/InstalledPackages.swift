internal import Images
internal import Layers
internal import Packages
internal import Versions

/// The packages that an image's own databases name: those of dpkg, apk, rpm and of Python's installers.
enum InstalledPackages {
  /// The version of each package by its kind and name; several versions of one are all named.
  static func versions(_ tree: ImageTree) -> [String: String] {
    var found: [String: Set<String>] = [:]
    func add(_ kind: String, _ stanzas: [UInt8]?, _ name: String, _ version: String) {
      for stanza in self.stanzas(stanzas ?? []) {
        let control = ControlStanza(lines: stanza)
        // A package that was removed and has its configuration left is no installed one.
        guard let name = control[name], let version = control[version],
          control["Status"].map({ $0.hasSuffix(" installed") }) ?? true
        else { continue }
        found["\(kind) \(name)", default: []].insert(version)
      }
    }
    add("deb", tree.keptContent("/var/lib/dpkg/status"), "Package", "Version")
    for node in tree.children(of: "var/lib/dpkg/status.d") { add("deb", node.item.content, "Package", "Version") }
    add("apk", tree.keptContent("/lib/apk/db/installed"), "P", "V")
    for (name, version) in rpm(tree) { found["rpm \(name)", default: []].insert(version) }
    for node in tree.nodes where node.entry.path.hasSuffix(".dist-info/METADATA") {
      guard let bytes = node.item.content, let metadata = try? PythonMetadata(parsing: bytes) else { continue }
      found["pypi \(metadata.name)", default: []].insert(metadata.version.description)
    }
    return found.mapValues { $0.sorted().joined(separator: ", ") }
  }

  /// Names and versions of rpm's database and of the list that images without one have.
  private static func rpm(_ tree: ImageTree) -> [(name: String, version: String)] {
    let listed = tree.keptContent(RPMManifest.path).map(RPMManifest.packages) ?? []
    return listed
      + ((try? RPMDatabase.packages(of: tree)) ?? []).compactMap { package in
        package.header.string(.name).map { ($0, RPMDatabase.version(of: package.header).description) }
      }
  }

  /// What an image has of RPM packages, for the choice of others that come beside them; it blocks.
  ///
  /// Keys that packages are signed with are in the database as well, as if they were packages.
  static func rpmPackages(of tree: ImageTree) throws -> [RPMInstalled] {
    let described = try RPMDatabase.packages(of: tree).filter { $0.header.string(.name) != "gpg-pubkey" }
      .map { package throws(RPMError) in RPMInstalled.described(try package.header.installed) }
    let listed = tree.keptContent(RPMManifest.path).map(RPMManifest.packages) ?? []
    return described
      + listed.compactMap { name, version in
        (try? RPMVersion(parsing: version)).map { .listed(name: name, version: $0) }
      }
  }

  /// The parts between empty lines.
  private static func stanzas(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var stanzas: [ArraySlice<UInt8>] = []
    var start = bytes.startIndex
    for index in bytes.indices.dropFirst() where bytes[index] == 0x0A && bytes[index - 1] == 0x0A {
      stanzas.append(bytes[start..<index])
      start = index + 1
    }
    stanzas.append(bytes[start...])
    return stanzas.filter { !$0.isEmpty }
  }
}
