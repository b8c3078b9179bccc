import Host

/// A package that is there, and its version.
struct InstalledPackage: Equatable, Sendable {
  /// The name; a Python package's is normalised.
  let name: String
  let version: String

  /// The Python packages in some directories; the first of a name is the one that is imported.
  ///
  /// Core metadata specification, "Name" and "Version"; the directories are named by the specification "Recording
  /// installed projects". Only the headers are read, Python is not started.
  static func python(in directories: [String]) -> [InstalledPackage] {
    var packages: [InstalledPackage] = []
    var seen: Set<String> = []
    for directory in directories {
      for entry in (try? Files.list(directory)) ?? [] {
        let path = Path.join(directory, entry)
        let candidates =
          if entry.hasSuffix(".dist-info") {
            ["\(path)/METADATA"]
          } else if entry.hasSuffix(".egg-info") {
            ["\(path)/PKG-INFO", path]
          } else {
            [String]()
          }
        guard let package = candidates.lazy.compactMap(header).first else { continue }
        if seen.insert(package.name).inserted { packages.append(package) }
      }
    }
    return packages.sorted { $0.name < $1.name }
  }

  private static func header(_ path: String) -> InstalledPackage? {
    guard let file = try? FileHandle(reading: path) else { return nil }
    var buffer = [UInt8](repeating: 0, count: 1 << 12)
    let count = buffer.withUnsafeMutableBytes { (try? file.read(into: $0)) ?? 0 }
    var name: String?
    var version: String?
    for line in buffer[..<count].split(separator: 0x0A, omittingEmptySubsequences: false) {
      if line.isEmpty || (name != nil && version != nil) { break }
      if let value = field("Name", of: line) { name = value }
      if let value = field("Version", of: line) { version = value }
    }
    guard let name, let version else { return nil }
    return InstalledPackage(name: normalized(name), version: version)
  }

  /// A package name as PEP 503 compares it: lower case, with each run of `-`, `_` and `.` as one `-`.
  static func normalized(_ name: String) -> String {
    var output: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
        if output.last != UInt8(ascii: "-") { output.append(UInt8(ascii: "-")) }
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): output.append(byte | 0x20)
      default: output.append(byte)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// The Debian packages that are installed, from dpkg's status file; nil when there is none.
  static func debian(status path: String) -> [InstalledPackage]? {
    guard let bytes = try? Files.read(path, limit: 1 << 25) else { return nil }
    var packages: [InstalledPackage] = []
    var name: String?
    var version: String?
    var isInstalled = false
    func finish() {
      if isInstalled, let name, let version { packages.append(InstalledPackage(name: name, version: version)) }
      name = nil
      version = nil
      isInstalled = false
    }
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      switch line.first {
      case nil: finish()
      case UInt8(ascii: "P"): if let value = field("Package", of: line) { name = value }
      case UInt8(ascii: "V"): if let value = field("Version", of: line) { version = value }
      case UInt8(ascii: "S"): if let value = field("Status", of: line) { isInstalled = value.hasSuffix(" installed") }
      default: continue
      }
    }
    finish()
    return packages
  }

  /// The value of a header field, when the line is that field.
  private static func field(_ name: StaticString, of line: ArraySlice<UInt8>) -> String? {
    let count = name.utf8CodeUnitCount
    guard line.count > count, line[line.startIndex + count] == UInt8(ascii: ":"),
      name.withUTF8Buffer({ line.starts(with: $0) })
    else { return nil }
    let value = line.dropFirst(count + 1).drop { $0 == 0x20 }
    let end = value.lastIndex { $0 != 0x20 && $0 != 0x0D }.map { $0 + 1 } ?? value.startIndex
    return String(decoding: value[..<end], as: UTF8.self)
  }
}
