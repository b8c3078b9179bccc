internal import JSON

// The form in which a plan travels to the stage inside the namespaces. Both ends are the same program.

extension SandboxPlan {
  var json: JSONValue {
    .object([
      "root": root.json, "mounts": .array(mounts.map(\.json)), "hostname": .string(hostname),
      "hosts": hosts.map { .string($0) }, "resolver": .string(resolver), "network": .string(network.rawValue),
      "listeningPort": listeningPort.map { .integer($0) },
      "firstProcess": .string(firstProcess.rawValue), "allowsNesting": .bool(allowsNesting), "command": command.json,
    ])
  }

  init(json: JSONValue) throws(SandboxError) {
    self.init(root: try Root(json: json.member("root")), command: try SandboxCommand(json: json.member("command")))
    for mount in try json.member("mounts").elements { mounts.append(try Mount(json: mount)) }
    hostname = try json.member("hostname").text
    hosts = json["hosts"]?.string
    resolver = try json.member("resolver").text
    network = Network(rawValue: try json.member("network").text) ?? .none
    listeningPort = json["listeningPort"]?.integer.flatMap { UInt16(exactly: $0) }
    firstProcess = FirstProcess(rawValue: try json.member("firstProcess").text) ?? .supervisor
    allowsNesting = json["allowsNesting"]?.bool ?? false
  }
}

extension SandboxPlan.Root {
  var json: JSONValue {
    switch self {
    case .directory(let path, let writable):
      .object(["kind": .string("directory"), "path": .string(path), "writable": .bool(writable)])
    case .overlay(let lower, .memory(let limit)):
      .object(["kind": .string("overlay"), "lower": .strings(lower), "limit": limit.map { .integer($0) }])
    case .overlay(let lower, .directory(let path)):
      .object(["kind": .string("overlay"), "lower": .strings(lower), "path": .string(path)])
    }
  }

  init(json: JSONValue) throws(SandboxError) {
    if try json.member("kind").text == "directory" {
      self = .directory(try json.member("path").text, writable: json["writable"]?.bool ?? false)
    } else {
      var lower: [String] = []
      for path in try json.member("lower").elements { lower.append(try path.text) }
      self = .overlay(
        lower: lower, changes: json["path"]?.string.map { .directory($0) } ?? .memory(limit: json["limit"]?.integer))
    }
  }
}

extension SandboxPlan.Mount {
  var json: JSONValue {
    switch kind {
    case .bind(let source, let writable):
      object("bind", ["source": .string(source), "writable": .bool(writable)])
    case .memory(let limit, let mode):
      object("memory", ["limit": limit.map { .integer($0) }, "mode": .integer(mode)])
    case .file(let contents, let mode):
      object("file", ["contents": .string(contents), "mode": .integer(mode)])
    case .processes: object("processes", [:])
    case .devices: object("devices", [:])
    }
  }

  private func object(_ kind: String, _ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    .object(["target": .string(target), "kind": .string(kind), "what": .object(members)])
  }

  init(json: JSONValue) throws(SandboxError) {
    let what = try json.member("what")
    target = try json.member("target").text
    switch try json.member("kind").text {
    case "bind": kind = .bind(try what.member("source").text, writable: what["writable"]?.bool ?? false)
    case "memory": kind = .memory(limit: what["limit"]?.integer, mode: UInt32(try what.member("mode").number))
    case "file": kind = .file(try what.member("contents").text, mode: UInt32(try what.member("mode").number))
    case "processes": kind = .processes
    default: kind = .devices
    }
  }
}
