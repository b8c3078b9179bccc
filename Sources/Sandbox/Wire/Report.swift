internal import JSON

/// What the stage says about one command, a line each on the command's own pipe.
///
/// First `started` or `failed`, then `ended`. The end of the pipe without `ended` means that the sandbox was killed.
enum Report: Equatable {
  /// It runs, with this number in the supervisor's process namespace.
  case started(Int32)
  /// It could not be started.
  case failed(SandboxError)
  /// It is over.
  case ended(SandboxResult.Status)

  var json: JSONValue {
    switch self {
    case .started(let process): .object(["started": .integer(process)])
    case .failed(let error):
      .object([
        "failed": .string(error.stage.rawValue), "operation": .string(error.operation),
        "path": error.path.map { .string($0) }, "code": error.code.map { .integer($0) },
      ])
    case .ended(.exited(let code)): .object(["exited": .integer(code)])
    case .ended(.signalled(let signal)): .object(["signalled": .integer(signal)])
    case .ended(.timedOut): .object(["timedOut": .bool(true)])
    }
  }

  init(json: JSONValue) throws(SandboxError) {
    if let process = json["started"]?.integer {
      self = .started(Int32(process))
    } else if let code = json["exited"]?.integer {
      self = .ended(.exited(Int32(code)))
    } else if let signal = json["signalled"]?.integer {
      self = .ended(.signalled(Int32(signal)))
    } else if json["timedOut"] != nil {
      self = .ended(.timedOut)
    } else {
      self = .failed(
        SandboxError(
          SandboxError.Stage(rawValue: try json.member("failed").text) ?? .exchange,
          try json.member("operation").text, json["path"]?.string, code: json["code"]?.integer.map { Int32($0) }))
    }
  }

  /// The line that is written.
  var line: [UInt8] { Array(json.text().utf8) + [UInt8(ascii: "\n")] }

  /// Reads a line without its end.
  init(line: [UInt8]) throws(SandboxError) {
    try self.init(json: try JSONValue(report: line))
  }
}

/// What the caller asks of a running sandbox: one message on the control socket.
enum Request: Equatable {
  /// Start the command that lies in the first descriptor; the others are its report pipe and standard streams.
  case start
  /// Send a signal to a process by its number in the supervisor's namespace.
  case signal(Int32, process: Int32)

  var bytes: [UInt8] {
    let json: JSONValue =
      switch self {
      case .start: .object(["start": .bool(true)])
      case .signal(let signal, let process):
        .object(["signal": .integer(signal), "process": .integer(process)])
      }
    return Array(json.text().utf8)
  }

  init(bytes: [UInt8]) throws(SandboxError) {
    let json = try JSONValue(report: bytes)
    if let signal = json["signal"]?.integer, let process = json["process"]?.integer {
      self = .signal(Int32(signal), process: Int32(process))
    } else {
      self = .start
    }
  }
}

extension JSONValue {
  init(report bytes: [UInt8]) throws(SandboxError) {
    do { try self.init(parsing: bytes) } catch {
      throw SandboxError(.exchange, "read what the sandbox said: \(error)")
    }
  }
}
