internal import Glibc
internal import JSON

// A command travels without its standard streams: those are passed as descriptors beside it.

extension SandboxCommand {
  var json: JSONValue {
    .object([
      "arguments": .strings(arguments), "environment": .map(environment), "directory": .string(directory),
      "uid": .integer(user.uid), "gid": .integer(user.gid), "groups": .array(user.groups.map { .integer($0) }),
      "capabilities": .integer(capabilities.rawValue),
      "limits": .array(limits.map { .array([.integer($0.resource), .integer($0.value)]) }),
      "idle": isIdle ? .bool(true) : nil, "flushes": flushes ? nil : .bool(false),
      "milliseconds": timeout.map { .integer($0.milliseconds) },
    ])
  }

  init(json: JSONValue) throws(SandboxError) {
    self.init(isIdle: json["idle"]?.bool ?? false)
    if !isIdle { arguments = json["arguments"]?.strings ?? [] }
    environment = json["environment"]?.stringMap ?? [:]
    directory = try json.member("directory").text
    var groups: [UInt32] = []
    for group in try json.member("groups").elements { groups.append(UInt32(try group.number)) }
    user = User(
      uid: UInt32(try json.member("uid").number), gid: UInt32(try json.member("gid").number), groups: groups)
    capabilities = Capabilities(rawValue: UInt64(try json.member("capabilities").number))
    limits = (json["limits"]?.array ?? []).compactMap { ResourceLimit(json: $0) }
    flushes = json["flushes"]?.bool ?? true
    timeout = json["milliseconds"]?.integer.map { .milliseconds($0) }
  }
}

extension ResourceLimit {
  /// The number of the resource (bits/resource.h).
  var resource: UInt32 {
    switch self {
    case .coreFileSize: RLIMIT_CORE.rawValue
    case .processorTime: RLIMIT_CPU.rawValue
    case .fileSize: RLIMIT_FSIZE.rawValue
    case .openFiles: RLIMIT_NOFILE.rawValue
    case .processes: UInt32(__RLIMIT_NPROC.rawValue)
    case .addressSpace: RLIMIT_AS.rawValue
    }
  }

  /// The limit in the resource's unit.
  var value: UInt64 {
    switch self {
    case .coreFileSize(let value), .processorTime(let value), .fileSize(let value), .openFiles(let value),
      .processes(let value), .addressSpace(let value):
      value
    }
  }

  init?(json: JSONValue) {
    guard case .array(let pair) = json, pair.count == 2, case .number(let text) = pair[1],
      let value = UInt64(text), let number = pair[0].integer
    else { return nil }
    let all: [ResourceLimit] = [
      .coreFileSize(value), .processorTime(value), .fileSize(value), .openFiles(value), .processes(value),
      .addressSpace(value),
    ]
    guard let limit = all.first(where: { $0.resource == UInt32(number) }) else { return nil }
    self = limit
  }
}

extension Duration {
  /// Whole milliseconds, rounded up.
  var milliseconds: Int {
    let (seconds, attoseconds) = components
    return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}

extension JSONValue {
  /// The member of this name, which must exist.
  func member(_ name: String) throws(SandboxError) -> JSONValue {
    guard let value = self[name] else { throw SandboxError(.exchange, "find a member of the plan:", name) }
    return value
  }

  var text: String {
    get throws(SandboxError) {
      guard let string else { throw SandboxError(.exchange, "read a text of the plan") }
      return string
    }
  }

  var number: Int {
    get throws(SandboxError) {
      guard let integer else { throw SandboxError(.exchange, "read a number of the plan") }
      return integer
    }
  }

  var elements: [JSONValue] {
    get throws(SandboxError) {
      guard let array else { throw SandboxError(.exchange, "read a list of the plan") }
      return array
    }
  }
}
