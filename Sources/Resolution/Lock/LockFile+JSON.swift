public import JSON
internal import Host
internal import OCI

extension LockFile {
  /// The file as JSON, without layout.
  ///
  /// What stands at the root is the first platform's; below `platforms` stands what is another's own. A part that is absent
  /// there is the same as the first platform's.
  public var json: JSONValue {
    guard hasSeveralPlatforms else { return first.json }
    let platforms = others.map { lock in
      JSONMember(lock.platform.description, .object(lock.parts.filter { !first.parts.contains($0) }))
    }
    let members = first.members.filter { $0.name != "version" }
    return .object(
      [JSONMember("version", .integer(Self.formatVersion))] + members + [JSONMember("platforms", .object(platforms))])
  }

  /// The content of `drydock.lock`: sorted keys, line feeds, the same for the same value.
  public var text: String { json.canonicalText }

  /// Reads `drydock.lock`.
  ///
  /// - Throws: ``LockError`` with the place: the line and column of a syntax error, else the path of the value.
  public init(parsing bytes: [UInt8]) throws(LockError) {
    let root = try LockReader(parsing: bytes)
    let version = try root.integer("version")
    guard version == Self.formatVersion else {
      self.init(try Lock(parsing: bytes))
      return
    }
    let first = try Lock(root)
    guard let members = root.json["platforms"]?.members, !members.isEmpty else {
      throw .invalid(path: "platforms", expected: "the pins of other platforms")
    }
    var others: [Lock] = []
    for member in members {
      let path = "platforms.\(member.name)"
      guard let platform = try? Platform(parsing: member.name), platform != first.platform, member.value.members != nil
      else { throw .invalid(path: path, expected: "the pins of another platform such as linux/arm64") }
      others.append(try first.with(LockReader(json: member.value, path: path), for: platform))
    }
    self.init(first, others)
  }
}

extension Lock {
  /// The lock of another platform: what that has of its own, and all else as it is here.
  fileprivate func with(_ own: LockReader, for platform: Platform) throws(LockError) -> Lock {
    Lock(
      name: name, date: own.json["date"] == nil ? date : try own.time("date"), spec: spec, platform: platform,
      compressor: compressor,
      base: try own.optional("base").map { base throws(LockError) in try Base(base) } ?? base,
      debian: try own.optional("debian").map { debian throws(LockError) in try Debian(debian) } ?? debian,
      python: try own.optional("python").map { python throws(LockError) in try Python(python) } ?? python,
      rpm: try own.optional("rpm").map { rpm throws(LockError) in try RPM(rpm) } ?? rpm,
      jars: try own.optional("jars").map { jars throws(LockError) in try Jars(jars) } ?? jars, runtime: runtime)
  }
}
