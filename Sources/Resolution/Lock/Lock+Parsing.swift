internal import Host
internal import JSON
internal import OCI
internal import Packages
internal import Versions

extension Lock {
  /// Reads `drydock.lock`.
  ///
  /// - Throws: ``LockError`` with the place: the line and column of a syntax error, else the path of the value.
  public init(parsing bytes: [UInt8]) throws(LockError) {
    let root = try LockReader(parsing: bytes)
    let version = try root.integer("version")
    guard version == Self.formatVersion else { throw .unknownVersion(version) }
    try self.init(root)
  }

  /// Reads the members of a lock, whatever its version is.
  init(_ root: LockReader) throws(LockError) {
    self.init(
      name: try root.text("name"), date: try root.time("date"), spec: try root.digest("spec"),
      platform: try root.value("platform", "a platform such as linux/amd64") { try? Platform(parsing: $0) },
      compressor: try root.text("compressor"),
      base: try root.optional("base").map { base throws(LockError) in try Base(base) },
      debian: try root.optional("debian").map { debian throws(LockError) in try Debian(debian) },
      python: try root.optional("python").map { python throws(LockError) in try Python(python) },
      rpm: try root.optional("rpm").map { rpm throws(LockError) in try RPM(rpm) },
      jars: try root.optional("jars").map { jars throws(LockError) in try Jars(jars) },
      runtime: try root.optional("runtime").map { runtime throws(LockError) in try runtime.digest("inputs") })
  }

  /// Refuses a lock that was made for another state of the specification.
  public func check(against spec: Spec) throws(LockError) {
    guard self.spec == spec.checksum else { throw .stale(name: name) }
  }
}

/// A value of a lock with the path that leads to it.
struct LockReader {
  let json: JSONValue
  let path: String

  init(json: JSONValue, path: String) {
    self.json = json
    self.path = path
  }

  /// Starts at the root of a text.
  init(parsing bytes: [UInt8]) throws(LockError) {
    do { json = try JSONValue(parsing: bytes) } catch { throw .malformed(error) }
    path = ""
  }

  private func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  func optional(_ key: String) throws(LockError) -> LockReader? {
    json[key].map { LockReader(json: $0, path: place(key)) }
  }

  func list(_ key: String) throws(LockError) -> [LockReader] {
    guard let elements = json[key]?.array else { throw .invalid(path: place(key), expected: "a list") }
    return elements.enumerated().map { LockReader(json: $0.element, path: "\(place(key))[\($0.offset)]") }
  }

  func text(_ key: String) throws(LockError) -> String {
    guard let text = json[key]?.string else { throw .invalid(path: place(key), expected: "text") }
    return text
  }

  func strings(_ key: String) throws(LockError) -> [String] {
    guard let strings = json[key]?.strings else { throw .invalid(path: place(key), expected: "a list of texts") }
    return strings
  }

  func integer(_ key: String) throws(LockError) -> Int {
    guard let value = json[key]?.integer, value >= 0 else {
      throw .invalid(path: place(key), expected: "a whole number")
    }
    return value
  }

  func value<Value>(_ key: String, _ expected: String, _ parse: (String) -> Value?) throws(LockError) -> Value {
    guard let value = parse(try text(key)) else { throw .invalid(path: place(key), expected: expected) }
    return value
  }

  func digest(_ key: String) throws(LockError) -> Digest {
    try value(key, "a digest such as sha256:9f86…") { try? Digest(parsing: $0) }
  }

  func sha256(_ key: String) throws(LockError) -> Digest {
    try value(key, "64 hexadecimal digits") { try? Digest(algorithm: .sha256, hex: $0) }
  }

  func time(_ key: String) throws(LockError) -> Int {
    try value(key, "a time such as 2024-05-01T12:00:00Z") { Clock.seconds(rfc3339: $0) }
  }

  func pythonVersion(_ key: String) throws(LockError) -> PEP440Version {
    try value(key, "a version") { try? PEP440Version(parsing: $0) }
  }

  func names(_ key: String) throws(LockError) -> [PackageName] {
    var names: [PackageName] = []
    for text in try strings(key) {
      guard let name = try? PackageName(parsing: text) else {
        throw .invalid(path: place(key), expected: "a list of package names")
      }
      names.append(name)
    }
    return names
  }

  func map<Element>(
    _ key: String, _ make: (LockReader) throws(LockError) -> Element
  ) throws(LockError) -> [Element] {
    var elements: [Element] = []
    for reader in try list(key) { elements.append(try make(reader)) }
    return elements
  }
}

extension Lock.File {
  /// A file's name becomes a path in the store, so it may not have a directory.
  fileprivate init(_ reader: LockReader) throws(LockError) {
    let name = try reader.value("name", "a file name without a directory") { name in
      name.contains("/") ? nil : Path.contained(name)
    }
    let size = reader.json["size"] == nil ? nil : try reader.integer("size")
    self.init(name: name, size: size, digest: try reader.sha256("sha256"))
  }
}

extension Lock.Base {
  init(_ reader: LockReader) throws(LockError) {
    reference = try reader.text("reference")
    digest = try reader.digest("digest")
    guard let evidence = try reader.optional("evidence") else {
      throw .invalid(path: "base.evidence", expected: "how the digest became known")
    }
    self.evidence =
      try evidence.text("kind") == "recorded" ? .recorded(source: try evidence.text("source")) : .resolved
    var platforms: [String: Digest] = [:]
    for member in reader.json["platforms"]?.members ?? [] {
      guard (try? Platform(parsing: member.name)) != nil,
        let digest = member.value.string.flatMap({ try? Digest(parsing: $0) })
      else { throw .invalid(path: "base.platforms.\(member.name)", expected: "a digest of a platform") }
      platforms[member.name] = digest
    }
    self.platforms = platforms
    user =
      reader.json["user"] == nil
      ? nil : try reader.value("user", "a user's name or number") { Self.isUser($0) ? $0 : nil }
    guard let kept = try reader.optional("kept") else {
      (self.kept, documentation) = ([], nil)
      return
    }
    documentation = kept.json["documentation"]?.string
    guard let members = kept.json["packages"]?.members, !members.isEmpty else {
      throw .invalid(path: "base.kept.packages", expected: "packages with versions")
    }
    var packages: [GlueRelease.Package] = []
    var names: Set<PackageName> = []
    for member in members {
      // Two spellings can be one name.
      guard let name = try? PackageName(parsing: member.name), names.insert(name).inserted,
        let version = member.value.string.flatMap({ try? PEP440Version(parsing: $0) })
      else { throw .invalid(path: "base.kept.packages.\(member.name)", expected: "a version of one package") }
      packages.append(GlueRelease.Package(name: name, version: version))
    }
    self.kept = packages
  }
}

extension Lock.Debian {
  init(_ reader: LockReader) throws(LockError) {
    archives = try reader.map("archives") { archive throws(LockError) in
      DebianArchiveEvidence(
        suite: try archive.text("suite"), codename: try archive.text("codename"), date: try archive.time("date"),
        release: try archive.digest("inRelease"), signers: try archive.strings("signers"),
        indexes: try archive.map("indexes") { index throws(LockError) in
          DebianArchiveEvidence.Index(
            path: try index.text("path"), size: try index.integer("size"), digest: try index.sha256("sha256"))
        })
    }
    packages = try reader.map("packages") { package throws(LockError) in
      DebianPin(
        name: try package.text("name"),
        version: try package.value("version", "a Debian version") { try? DebianVersion(parsing: $0) },
        architecture: try package.text("architecture"),
        filename: try package.value("filename", "a path below the archive's root") { Path.contained($0) },
        size: try package.integer("size"), digest: try package.sha256("sha256"), suite: try package.text("suite"),
        isEssential: package.json["essential"]?.bool ?? false, dependencies: try package.strings("dependencies"))
    }
  }
}

extension Lock.PythonPackage {
  fileprivate init(_ reader: LockReader) throws(LockError) {
    guard let file = try reader.optional("file") else { throw .invalid(path: reader.path, expected: "a file") }
    self.init(
      name: try reader.value("name", "a package name") { try? PackageName(parsing: $0) },
      version: try reader.pythonVersion("version"), isDirect: reader.json["direct"]?.bool ?? false,
      dependencies: try reader.names("dependencies"), file: try Lock.File(file),
      builtWheel: try reader.optional("built").map { file throws(LockError) in try Lock.File(file) },
      buildRequires: reader.json["buildRequires"] == nil ? [] : try reader.names("buildRequires"),
      address: reader.json["address"]?.string)
  }
}

extension Lock.Python {
  init(_ reader: LockReader) throws(LockError) {
    version = try reader.pythonVersion("version")
    glibc = try reader.pythonVersion("glibc")
    packages = try reader.map("packages") { package throws(LockError) in try Lock.PythonPackage(package) }
    build = try reader.map("build") { package throws(LockError) in try Lock.PythonPackage(package) }
    test = try reader.map("test") { package throws(LockError) in try Lock.PythonPackage(package) }
  }
}
