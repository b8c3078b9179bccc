/// One `RUN --mount`.
public struct RunMount: Sendable, Hashable {
  /// What is mounted.
  public enum Kind: String, Sendable, CaseIterable {
    /// Files of the context, a stage or an image.
    case bind
    /// A directory that later builds find as this one left it.
    case cache
    /// Memory.
    case tmpfs
    /// A secret that is in no layer.
    case secret
    /// An agent's socket.
    case ssh
  }

  /// How several commands use one cache at a time.
  public enum Sharing: String, Sendable, CaseIterable {
    /// All at once.
    case shared
    /// Each has its own.
    case `private`
    /// One after the other.
    case locked
  }

  /// What is mounted.
  public internal(set) var kind = Kind.bind
  /// The stage, image or context of a bind or of what a cache begins with.
  public internal(set) var from: String?
  /// The path there.
  public internal(set) var source: String?
  /// The path in the container.
  public internal(set) var target: String?
  /// The name of a cache, secret or agent.
  public internal(set) var id: String?
  /// The environment variable that a secret is put into.
  public internal(set) var variable: String?
  /// Whether nothing can be written there.
  public internal(set) var isReadOnly = true
  /// Whether a missing secret is an error.
  public internal(set) var isRequired = false
  /// The most memory in bytes.
  public internal(set) var size: Int?
  /// How a cache is shared.
  public internal(set) var sharing: Sharing?
  /// The mode of a secret, socket or cache.
  public internal(set) var mode: UInt32?
  /// Its owner.
  public internal(set) var uid: UInt32?
  /// Its group.
  public internal(set) var gid: UInt32?

  /// Reads `type=…,target=…` after variables in values are expanded.
  ///
  /// - Parameter flag: The flag's value and its place.
  public init(_ flag: Instruction.Word, expand: (String) throws(WordError) -> String) throws(DockerfileError) {
    func fail(_ message: String, hint: String? = nil) -> DockerfileError {
      DockerfileError(at: flag.position, message, hint: hint)
    }
    guard let fields = Self.fields(flag.text) else { throw fail("failed to parse csv mounts") }
    var saysAccess = false
    for field in fields {
      let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let key = parts[0].lowercased()
      guard parts.count > 1 else {
        switch key {
        case "readonly", "ro": isReadOnly = true
        case "readwrite", "rw": isReadOnly = false
        case "required":
          guard kind == .secret || kind == .ssh else {
            throw fail("unexpected key 'required' for mount type '\(kind.rawValue)'")
          }
          isRequired = true
        default: throw fail("invalid field '\(field)' must be a key=value pair")
        }
        if key != "required" { saysAccess = true }
        continue
      }
      let value: String
      do { value = try expand(String(parts[1])) } catch { throw fail(error.description) }
      if let problem = set(key, value, field, &saysAccess) { throw fail(problem) }
    }
    if !saysAccess { isReadOnly = kind != .cache && kind != .tmpfs }
    if let problem { throw fail(problem) }
  }

  /// Checks what can be checked before variables are known.
  static func check(_ flag: Instruction.Word) throws(DockerfileError) {
    guard let fields = fields(flag.text) else {
      throw DockerfileError(at: flag.position, "failed to parse csv mounts")
    }
    for field in fields where field.lowercased().hasPrefix("from=") {
      guard let dollar = field.firstIndex(of: "$"), field.index(after: dollar) < field.endIndex else { continue }
      throw DockerfileError(
        at: flag.position, "'from' doesn't support variable expansion, define alias stage instead",
        hint: "add 'FROM IMAGE AS NAME' and name that stage")
    }
  }

  private mutating func set(_ key: String, _ value: String, _ field: String, _ saysAccess: inout Bool) -> String? {
    func flag() -> Bool? {
      ["1", "t", "true"].contains(value.lowercased())
        ? true : ["0", "f", "false"].contains(value.lowercased()) ? false : nil
    }
    let invalid = "invalid value for \(key): \(value)"
    switch key {
    case "type":
      guard let kind = Kind(rawValue: value.lowercased()) else {
        return "unsupported mount type \(GoQuoting.quoted(value))"
      }
      self.kind = kind
    case "from": from = value
    case "source", "src": source = value
    case "target", "dst", "destination": target = value
    case "id": id = value
    case "env": variable = value
    case "readonly", "ro", "readwrite", "rw":
      guard let flag = flag() else { return invalid }
      isReadOnly = key.hasPrefix("readw") || key == "rw" ? !flag : flag
      saysAccess = true
    case "required":
      guard kind == .secret || kind == .ssh else {
        return "unexpected key 'required' for mount type '\(kind.rawValue)'"
      }
      guard let flag = flag() else { return invalid }
      isRequired = flag
    case "size":
      guard kind == .tmpfs else { return "unexpected key 'size' for mount type '\(kind.rawValue)'" }
      guard let bytes = Self.bytes(value) else { return invalid }
      size = bytes
    case "sharing":
      guard let sharing = Sharing(rawValue: value.lowercased()) else {
        return "unsupported sharing value \(GoQuoting.quoted(value))"
      }
      self.sharing = sharing
    case "mode":
      guard let number = UInt32(value, radix: 8) else { return "invalid value \(value) for mode" }
      mode = number
    case "uid":
      guard let number = UInt32(value) else { return "invalid value \(value) for uid" }
      uid = number
    case "gid":
      guard let number = UInt32(value) else { return "invalid value \(value) for gid" }
      gid = number
    default: return "unexpected key '\(key)' in '\(field)'"
    }
    return nil
  }

  /// What does not go together.
  private var problem: String? {
    if kind == .bind || kind == .tmpfs {
      if mode != nil { return "mode not allowed for \"\(kind.rawValue)\" type mounts" }
      if uid != nil { return "uid not allowed for \"\(kind.rawValue)\" type mounts" }
      if gid != nil { return "gid not allowed for \"\(kind.rawValue)\" type mounts" }
    }
    if kind == .secret {
      if from != nil { return "secret mount should not have a from" }
      if sharing != nil { return "secret mount should not define sharing" }
      if source == nil && target == nil && id == nil { return "invalid secret mount. one of source, target required" }
      if source != nil && id != nil { return "both source and id can't be set" }
    }
    if sharing != nil, kind != .cache { return "invalid cache sharing set for \(kind.rawValue) mount" }
    if kind != .secret, kind != .ssh, (target ?? "").isEmpty { return "a \(kind.rawValue) mount requires a target" }
    if target == "/" { return "invalid mount target \(GoQuoting.quoted("/"))" }
    return nil
  }

  /// The fields of a line of comma-separated values (RFC 4180); nil if a quote is not closed.
  private static func fields(_ text: String) -> [String]? {
    var fields: [String] = []
    var field = ""
    var isQuoted = false
    var previous: Character?
    for character in text {
      if character == "\"" {
        if !isQuoted, previous == "\"" { field.append("\"") }
        isQuoted.toggle()
      } else if character == ",", !isQuoted {
        fields.append(field)
        field = ""
      } else {
        field.append(character)
      }
      previous = character
    }
    return isQuoted ? nil : fields + [field]
  }

  /// A number of bytes such as `64m`, in powers of 1024.
  private static func bytes(_ text: String) -> Int? {
    var number = text.lowercased()[...]
    if number.hasSuffix("b") { number.removeLast() }
    if number.hasSuffix("i") { number.removeLast() }
    let powers: [Character: Int] = ["k": 10, "m": 20, "g": 30, "t": 40, "p": 50]
    let shift = number.last.flatMap { powers[$0] }
    if shift != nil { number.removeLast() }
    guard let value = Double(number), value >= 0, value < 1e12 else { return nil }
    return Int(value * Double(1 << (shift ?? 0)))
  }
}
