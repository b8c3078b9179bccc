internal import Host
public import JSON
internal import OCI

/// What the commands of a Dockerfile fetched when they were recorded: the file beside it, `Dockerfile.lock`.
public struct NetworkLock: Hashable, Sendable {
  /// A command, and what it fetched.
  public struct Step: Hashable, Sendable {
    /// Which command is meant; two of one text in a stage are one.
    public let key: StepKey
    /// The requests, in their order.
    public let requests: [RecordedRequest]

    /// Notes the requests of a command.
    public init(_ key: StepKey, _ requests: [RecordedRequest]) {
      self.key = key
      self.requests = requests.sorted(by: RecordedRequest.precedes)
    }
  }

  /// What tells a command from others.
  public struct StepKey: Hashable, Sendable {
    /// The stage, by name or number.
    public let stage: String
    /// The platform of the stage.
    public let platform: String
    /// The text of the instruction.
    public let instruction: String

    /// Names a command.
    public init(stage: String, platform: String, instruction: String) {
      self.stage = stage
      self.platform = platform
      self.instruction = instruction
    }
  }

  /// The commands that fetched something, in the order of their keys.
  public private(set) var steps: [Step]

  /// Makes a lock of what was recorded.
  public init(_ steps: [Step] = []) {
    self.steps = steps.sorted {
      ($0.key.stage, $0.key.platform, $0.key.instruction) < ($1.key.stage, $1.key.platform, $1.key.instruction)
    }
  }

  /// What a command fetched, nil if nothing is recorded of it.
  public func step(_ key: StepKey) -> Step? { steps.first { $0.key == key } }

  /// This lock with what was recorded anew.
  ///
  /// - Parameter exists: Whether the Dockerfile still has a command: what is recorded of others goes.
  public func updated(with recorded: [Step], keeping exists: (StepKey) -> Bool) -> NetworkLock {
    let news = Set(recorded.map(\.key))
    return NetworkLock(
      steps.filter { !news.contains($0.key) && exists($0.key) } + recorded.filter { !$0.requests.isEmpty })
  }

  // MARK: The file

  private static let version = "1"
  /// The largest file in bytes.
  private static let largestFile = 64 << 20

  /// Reads the file at a path; an empty lock if there is none.
  public init(file path: String) throws(RecordingError) {
    guard Files.exists(path) else {
      self.init()
      return
    }
    let bytes: [UInt8]
    do { bytes = try Files.read(path, limit: Self.largestFile) } catch { throw .file(error.description) }
    do { try self.init(json: try JSONValue(parsing: bytes)) } catch let error as JSONParseError {
      throw .malformed("\(path):\(error)")
    } catch { throw .malformed("\(path): \(error)") }
  }

  /// The canonical text of the file.
  public var text: String { json.canonicalText }
}

// MARK: - JSON

extension NetworkLock {
  /// The lock as JSON.
  public var json: JSONValue {
    .object([
      "steps": .array(
        steps.map { step in
          .object([
            "instruction": .string(step.key.instruction), "platform": .string(step.key.platform),
            "requests": .array(step.requests.map(\.json)), "stage": .string(step.key.stage),
          ])
        }), "version": .string(Self.version),
    ])
  }

  /// Reads a lock.
  public init(json: JSONValue) throws(RecordingError) {
    guard json["version"]?.string == Self.version else {
      throw .malformed(
        "expected \"version\": \"\(Self.version)\"; this file is no record of Drydock's, or a newer one's")
    }
    guard let array = json["steps"]?.array else { throw .malformed("expected a list 'steps'") }
    var steps: [Step] = []
    for (number, step) in array.enumerated() {
      guard let stage = step["stage"]?.string, let platform = step["platform"]?.string,
        let instruction = step["instruction"]?.string, let requests = step["requests"]?.array
      else { throw .malformed("steps[\(number)]: expected 'stage', 'platform', 'instruction' and 'requests'") }
      var read: [RecordedRequest] = []
      for (position, request) in requests.enumerated() {
        read.append(try RecordedRequest(json: request, at: "steps[\(number)].requests[\(position)]"))
      }
      steps.append(Step(StepKey(stage: stage, platform: platform, instruction: instruction), read))
    }
    self.init(steps)
  }
}

extension RecordedRequest {
  /// The request as JSON.
  var json: JSONValue {
    .object([
      "accept": accept.map { .string($0) }, "authorized": isAuthorized ? .bool(true) : nil,
      "fields": fields.isEmpty ? nil : .map(fields), "method": .string(method),
      "sha256": body.map { .string($0.digest.hex) }, "size": body.map { .integer($0.size) },
      "status": .integer(status), "url": .string(url),
    ])
  }

  /// Reads a request.
  ///
  /// - Parameter place: Where it stands, for errors.
  init(json: JSONValue, at place: String) throws(RecordingError) {
    guard let method = json["method"]?.string, ["GET", "HEAD"].contains(method) else {
      throw .malformed("\(place).method: expected GET or HEAD")
    }
    guard let url = json["url"]?.string else { throw .malformed("\(place).url: expected an address") }
    guard let status = json["status"]?.integer, (200...599).contains(status) else {
      throw .malformed("\(place).status: expected a status from 200 to 599")
    }
    guard let fields = json["fields"] == nil ? [:] : json["fields"]?.stringMap,
      !fields.contains(where: { Self.breaksLines($0.key) || Self.breaksLines($0.value) })
    else { throw .malformed("\(place).fields: expected texts of one line by name") }
    var body: Body?
    if let hex = json["sha256"] {
      guard let text = hex.string, let digest = try? Digest(parsing: "sha256:\(text)") else {
        throw .malformed("\(place).sha256: expected 64 hexadecimal digits")
      }
      guard let size = json["size"]?.integer, size >= 0 else {
        throw .malformed("\(place).size: expected a number of bytes")
      }
      body = Body(digest: digest, size: size)
    }
    self.init(
      method: method, url: url, accept: json["accept"]?.string, isAuthorized: json["authorized"]?.bool ?? false,
      status: status, fields: fields, body: body)
  }

  private static func breaksLines(_ text: String) -> Bool { text.utf8.contains { $0 == 10 || $0 == 13 || $0 == 0 } }
}
