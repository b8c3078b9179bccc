internal import Host
internal import Versions

/// The packages that an unpacked image holds, read from the records of its package managers; nothing is run.
struct InstalledPackages: Sendable {
  /// Debian packages: names and versions as dpkg has them.
  let debian: [String: String]
  /// Python packages of the directories where pip and Drydock install: normalised names and versions.
  let python: [PackageName: String]

  init(of files: RootFiles) {
    debian = Self.debian(status: (try? files.text("/var/lib/dpkg/status", limit: 1 << 26)) ?? "")
    var python: [PackageName: String] = [:]
    for directory in Self.sites(of: files) {
      // The first directory on Python's path wins.
      python.merge(Self.python(in: directory, of: files)) { first, _ in first }
    }
    self.python = python
  }

  /// Where an interpreter looks for what was installed beside the distribution's own packages.
  private static func sites(of files: RootFiles) -> [String] {
    ["/usr/local/lib", "/usr/local/lib64", "/usr/lib", "/usr/lib64"].flatMap { library in
      files.list(library).filter { $0.hasPrefix("python3.") }.flatMap { version in
        ["dist-packages", "site-packages"].map { "\(library)/\(version)/\($0)" }
      }
    }
  }

  /// Reads dpkg's status (man 5 deb-control, man 1 dpkg-query): only what is `install ok installed` counts.
  static func debian(status: String) -> [String: String] {
    var packages: [String: String] = [:]
    var fields: [Substring: Substring] = [:]
    func take() {
      if let name = fields["Package"], let version = fields["Version"], fields["Status"] == "install ok installed" {
        packages[String(name)] = String(version)
      }
      fields = [:]
    }
    for line in status.lines {
      if line.isEmpty { take() }
      guard line.first != " ", let colon = line.firstIndex(of: ":") else { continue }
      let name = line[..<colon]
      guard ["Package", "Version", "Status"].contains(name) else { continue }
      fields[name] = line[line.index(after: colon)...].drop { $0 == " " }
    }
    take()
    return packages
  }

  /// Reads the `METADATA` of each installed distribution (PyPA specifications, "Recording installed projects").
  private static func python(in directory: String, of files: RootFiles) -> [PackageName: String] {
    var packages: [PackageName: String] = [:]
    for name in files.list(directory) where name.hasSuffix(".dist-info") {
      guard let text = try? files.text("\(directory)/\(name)/METADATA", limit: 1 << 24) else { continue }
      if let (name, version) = distribution(metadata: text) { packages[name] = version }
    }
    return packages
  }

  /// Reads name and version from the head of a `METADATA` file.
  static func distribution(metadata: String) -> (name: PackageName, version: String)? {
    var name: PackageName?
    var version: String?
    for line in metadata.lines {
      // The description follows the first empty line.
      if line.isEmpty { break }
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = String(line[line.index(after: colon)...].drop { $0 == " " })
      switch line[..<colon] {
      case "Name": name = try? PackageName(parsing: value)
      case "Version": version = value
      default: break
      }
    }
    guard let name, let version else { return nil }
    return (name, version)
  }
}
