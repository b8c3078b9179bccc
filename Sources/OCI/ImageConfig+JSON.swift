internal import JSON

extension ImageConfig {
  /// Reads a configuration of the OCI or the Docker type.
  public init(parsing bytes: [UInt8]) throws(OCIError) {
    let json: JSONValue
    do { json = try JSONValue(parsing: bytes) } catch { throw .json(error) }
    guard let os = json["os"]?.string else { throw .missing("os", in: "image configuration") }
    guard let architecture = json["architecture"]?.string else {
      throw .missing("architecture", in: "image configuration")
    }
    self.init(platform: Platform(os: os, architecture: architecture, variant: json["variant"]?.string))
    created = json["created"]?.string
    author = json["author"]?.string
    let config = json["config"] ?? .null
    user = config["User"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    environment = config["Env"]?.strings ?? []
    entrypoint = config["Entrypoint"]?.strings ?? []
    command = config["Cmd"]?.strings ?? []
    workingDirectory = config["WorkingDir"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    labels = config["Labels"]?.stringMap ?? [:]
    exposedPorts = config["ExposedPorts"]?.members?.map(\.name) ?? []
    volumes = config["Volumes"]?.members?.map(\.name) ?? []
    stopSignal = config["StopSignal"]?.string
    onBuild = config["OnBuild"]?.strings ?? []
    shell = config["Shell"]?.strings ?? []
    healthcheck = config["Healthcheck"].flatMap(Healthcheck.init(json:))
    for text in json["rootfs"]?["diff_ids"]?.strings ?? [] {
      do { diffIDs.append(try Digest(parsing: text)) } catch { throw .digest(error, in: "image configuration") }
    }
    history = (json["history"]?.array ?? []).map { step in
      History(
        created: step["created"]?.string, createdBy: step["created_by"]?.string, author: step["author"]?.string,
        comment: step["comment"]?.string, emptyLayer: step["empty_layer"]?.bool ?? false)
    }
  }

  /// The configuration's bytes, the same for the same value.
  public var bytes: [UInt8] {
    func set(_ names: [String]) -> JSONValue? {
      names.isEmpty ? nil : .object(names.sorted().map { JSONMember($0, .object([JSONMember]())) })
    }
    func words(_ words: [String]) -> JSONValue? { words.isEmpty ? nil : .strings(words) }
    let config = JSONValue.object([
      "User": user.map(JSONValue.string),
      "ExposedPorts": set(exposedPorts),
      "Env": words(environment),
      "Entrypoint": words(entrypoint),
      "Cmd": words(command),
      "Volumes": set(volumes),
      "WorkingDir": workingDirectory.map(JSONValue.string),
      "Labels": labels.isEmpty ? nil : .map(labels),
      "OnBuild": words(onBuild),
      "StopSignal": stopSignal.map(JSONValue.string),
      "Shell": words(shell),
      "Healthcheck": healthcheck?.json,
    ])
    let json = JSONValue.object([
      "created": created.map(JSONValue.string),
      "author": author.map(JSONValue.string),
      "architecture": .string(platform.architecture),
      "os": .string(platform.os),
      "variant": platform.variant.map(JSONValue.string),
      "config": config,
      "rootfs": .object(["type": .string("layers"), "diff_ids": .strings(diffIDs.map(\.description))]),
      "history": .array(
        history.map { step in
          .object([
            "created": step.created.map(JSONValue.string),
            "created_by": step.createdBy.map(JSONValue.string),
            "author": step.author.map(JSONValue.string),
            "comment": step.comment.map(JSONValue.string),
            "empty_layer": step.emptyLayer ? .bool(true) : nil,
          ])
        }),
    ])
    return Array(json.text().utf8)
  }
}
