public import OCI
public import Packages
public import Resolution
public import Versions

/// A `pylock.toml`, the lock file that Python's installers share.
///
/// Specification: PEP 751, "pylock.toml Specification".
public struct PylockFile: Sendable, Hashable {
  /// One file of a package.
  public struct File: Sendable, Hashable {
    /// The file's name.
    public let name: String
    /// Where to get it.
    public let url: String
    /// The size in bytes, if it is known.
    public let size: Int?
    /// The digest.
    public let digest: Digest
    /// When it was uploaded, in RFC 3339, if it is known.
    public let uploadTime: String?

    /// Names a file.
    public init(name: String, url: String, size: Int?, digest: Digest, uploadTime: String? = nil) {
      self.name = name
      self.url = url
      self.size = size
      self.digest = digest
      self.uploadTime = uploadTime
    }
  }

  /// One package.
  public struct Package: Sendable, Hashable {
    /// The normalised name.
    public let name: PackageName
    /// The version.
    public let version: PEP440Version
    /// When it is installed; `nil` for always.
    public let marker: Marker?
    /// The versions of Python that it supports, as its index has it.
    public let requiresPython: String?
    /// Whether its only file was asked for by address.
    public let isDirect: Bool
    /// Its files: wheels and at most one source distribution.
    public let files: [File]

    /// Names a package.
    public init(
      name: PackageName, version: PEP440Version, marker: Marker? = nil, requiresPython: String? = nil,
      isDirect: Bool = false, files: [File]
    ) {
      self.name = name
      self.version = version
      self.marker = marker
      self.requiresPython = requiresPython
      self.isDirect = isDirect
      self.files = files
    }
  }

  /// The environments that the lock is for; empty for all.
  public let environments: [Marker]
  /// The versions of Python that the lock is for.
  public let requiresPython: String?
  /// The packages.
  public let packages: [Package]

  /// Joins packages; they are written in the order of names and versions.
  public init(environments: [Marker] = [], requiresPython: String?, packages: [Package]) {
    self.environments = environments
    self.requiresPython = requiresPython
    self.packages = packages.sorted { ($0.name, $0.version) < ($1.name, $1.version) }
  }

  /// The file's content.
  public var text: String {
    var lines = ["lock-version = \"1.0\"", "created-by = \"drydock\""]
    if let requiresPython { lines.append("requires-python = \(Self.quoted(requiresPython))") }
    if !environments.isEmpty {
      lines.append("environments = [")
      lines += environments.map { "    \(Self.quoted($0.description))," }
      lines.append("]")
    }
    // The key has to be there even for a lock of nothing.
    if packages.isEmpty { lines.append("packages = []") }
    for package in packages { lines += ["", "[[packages]]"] + Self.lines(of: package) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func lines(of package: Package) -> [String] {
    var lines = ["name = \(quoted(package.name.description))", "version = \(quoted(package.version.description))"]
    if let marker = package.marker { lines.append("marker = \(quoted(marker.description))") }
    if let requires = package.requiresPython { lines.append("requires-python = \(quoted(requires))") }
    if package.isDirect, let file = package.files.first {
      lines.append("archive = \(table(file, isArchive: true))")
      return lines
    }
    if let source = package.files.first(where: { !$0.name.hasSuffix(".whl") }) {
      lines.append("sdist = \(table(source))")
    }
    let wheels = package.files.filter { $0.name.hasSuffix(".whl") }
    if !wheels.isEmpty {
      lines.append("wheels = [")
      lines += wheels.map { "    \(table($0))," }
      lines.append("]")
    }
    return lines
  }

  private static func table(_ file: File, isArchive: Bool = false) -> String {
    var pairs = isArchive ? [] : ["name = \(quoted(file.name))"]
    if !isArchive, let time = file.uploadTime { pairs.append("upload-time = \(time)") }
    let isLocal = file.url.hasPrefix("file://")
    pairs.append(isLocal ? "path = \(quoted(String(file.url.dropFirst(7))))" : "url = \(quoted(file.url))")
    if let size = file.size { pairs.append("size = \(size)") }
    pairs.append("hashes = { sha256 = \"\(file.digest.hex)\" }")
    return "{ \(pairs.joined(separator: ", ")) }"
  }

  /// A basic string (TOML 1.0, "String").
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension PylockFile.File {
  /// A file as its index lists it; `nil` if the index tells no hash of it.
  public init?(_ file: PythonFile) {
    guard let sha256 = file.sha256, let digest = try? Digest(algorithm: .sha256, hex: sha256) else { return nil }
    self.init(
      name: file.fileName, url: file.url, size: file.size, digest: digest,
      uploadTime: file.uploadTime.flatMap(Self.dateTime))
  }

  /// A time as TOML has it, with the zone `Z`; `nil` for a text that is none.
  private static func dateTime(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"), bytes[10] == UInt8(ascii: "T"),
      bytes.dropLast().allSatisfy({ (48...57).contains($0) || "-T:.".utf8.contains($0) })
    else { return nil }
    return text
  }
}

extension PylockFile {
  /// The lock file that a resolution amounts to.
  ///
  /// - Parameters:
  ///   - direct: The projects that were asked for by address.
  ///   - requiresPython: The versions of Python that the resolution is for.
  public init(
    _ resolution: PythonResolution, direct: Set<PackageName>, environments: [Marker], requiresPython: String?
  ) {
    self.init(
      environments: environments, requiresPython: requiresPython,
      packages: resolution.packages.map { package in
        Package(
          name: package.name, version: package.version, marker: resolution.marker(of: package),
          requiresPython: package.files.first?.requiresPython, isDirect: direct.contains(package.name),
          files: Self.oneSource(package.files).filter { Self.couldRun($0, in: package.environments) }.compactMap(
            File.init))
      })
  }

  /// Whether a file is of use to some interpreter.
  private static func couldRun(_ file: PythonFile, in environments: EnvironmentSet) -> Bool {
    if case .wheel(let name) = file.kind { environments.admits(name) } else { true }
  }

  /// Files with one source distribution among them, as the format has room for one.
  private static func oneSource(_ files: [PythonFile]) -> [PythonFile] {
    let sources = files.filter(\.isSourceDistribution)
    let kept = sources.first { $0.fileName.hasSuffix(".tar.gz") } ?? sources.first
    return files.filter { !$0.isSourceDistribution || $0 == kept }
  }
}
