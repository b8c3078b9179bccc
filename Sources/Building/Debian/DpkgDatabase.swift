import Host
import Packages

/// dpkg's own files below `/var/lib/dpkg`, written as they are once packages are unpacked and not yet configured.
///
/// Formats: deb-control(5), deb-triggers(5), and `doc/triggers.txt` of dpkg for the files below `triggers`. dpkg rewrites all of
/// them in its own order when it configures the packages.
enum DpkgDatabase {
  /// Writes the database of packages into a tree.
  static func write(_ packages: [UnpackedPackage], architecture: String, in root: String) throws(SystemError) {
    let base = "\(root)/var/lib/dpkg"
    for folder in ["info", "updates", "triggers", "parts", "alternatives"] {
      try Files.createDirectory("\(base)/\(folder)")
      // Whatever the umask is: these stand in the image.
      try Files.changeMode("\(base)/\(folder)", 0o755)
    }
    var status: [UInt8] = []
    for package in packages {
      status += stanza(of: package)
      for (name, content) in package.controlFiles where name != "control" {
        let path = "\(base)/info/\(package.databaseName).\(name)"
        try put(content, to: path, mode: scripts.contains(name) ? 0o755 : 0o644)
      }
      if package.hasPreinst {
        let folder = "\(base)/\(controlFolder(of: package))"
        try Files.createDirectory(folder)
        for (name, content) in package.controlFiles {
          try put(content, to: "\(folder)/\(name)", mode: scripts.contains(name) ? 0o755 : 0o644)
        }
      }
      let list = ["."] + package.paths
      let text = list.map { "/\($0)\n" }.joined()
      try put(Array(text.utf8), to: "\(base)/info/\(package.databaseName).list", mode: 0o644)
    }
    try put(Array("1\n".utf8), to: "\(base)/info/format", mode: 0o644)
    try put(Array("\(architecture)\n".utf8), to: "\(base)/arch", mode: 0o644)
    try put(status, to: "\(base)/status", mode: 0o644)
    for (name, lines) in interests(of: packages) {
      try put(Array(lines.joined().utf8), to: "\(base)/triggers/\(name)", mode: 0o644)
    }
  }

  /// The folder that holds a package's control files until its `preinst` has run.
  static func controlFolder(of package: UnpackedPackage) -> String { "tmp.\(package.pin.name)" }

  private static let scripts: Set<String> = ["preinst", "postinst", "prerm", "postrm", "config"]

  /// The `control` file with the state and the configuration files' digests.
  private static func stanza(of package: UnpackedPackage) -> [UInt8] {
    var text = "Package: \(package.pin.name)\nStatus: install ok unpacked\n"
    for field in package.control.fields where field.name.lowercased() != "package" {
      text +=
        "\(field.name): \(field.value.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n "))\n"
    }
    if !package.configurationDigests.isEmpty {
      text += "Conffiles:\n"
      // In the order of the package's own list, which dpkg keeps.
      for line in String(decoding: package.controlFiles["conffiles"] ?? [], as: UTF8.self).split(separator: "\n") {
        if let digest = package.configurationDigests[String(line.dropFirst())] { text += " \(line) \(digest)\n" }
      }
    }
    return Array((text + "\n").utf8)
  }

  /// The files below `triggers`, which say who wants to hear of what; interests in paths stand together in one.
  private static func interests(of packages: [UnpackedPackage]) -> [String: [String]] {
    var files: [String: [String]] = [:]
    for package in packages {
      for line in String(decoding: package.controlFiles["triggers"] ?? [], as: UTF8.self).split(separator: "\n") {
        let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.map(String.init)
        guard words.count == 2, words[0].hasPrefix("interest") else { continue }
        let listener = package.databaseName + (words[0] == "interest-noawait" ? "/noawait" : "")
        if words[1].hasPrefix("/") {
          files["File", default: []].append("\(words[1]) \(listener)\n")
        } else if Path.contained(words[1]) == words[1], !words[1].contains("/") {
          files[words[1], default: []].append("\(listener)\n")
        }
      }
    }
    return files
  }

  /// Writes without flushing: a tree that is not finished is thrown away anyway.
  private static func put(_ bytes: [UInt8], to path: String, mode: UInt32) throws(SystemError) {
    let file = try FileHandle(writing: path, .truncate, mode: mode)
    try file.write(bytes)
    try Files.changeMode(path, mode)
  }
}
