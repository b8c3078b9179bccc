/// Why an engine can't be used, or what became of its build.
public enum EngineError: Error, Sendable, Hashable {
  /// None of the programs that drive it is installed.
  case missing(BuildEngine, programs: [String])
  /// It was not said where it is.
  case noAddress(BuildEngine)
  /// The address is of no known form.
  case badAddress(String, forms: [String])
  /// It was said where it is, but it has no address.
  case hasNoAddress(BuildEngine)
  /// The program is there, the daemon does not answer; with what the program said.
  case unreachable(BuildEngine, program: String, address: String?, reason: String)
  /// The Docker client needs its component buildx for BuildKit and has none.
  case noBuildx(program: String, version: String)
  /// The program or daemon is too old.
  case tooOld(BuildEngine, version: String, needed: String)
  /// What its version can't be read out of.
  case unknownVersion(BuildEngine, text: String)
  /// Things that are asked for and the engine lacks.
  case lacks(BuildEngine, [Lack])
  /// The build, or what hands the image on, failed.
  case failed(BuildEngine, call: EngineCall, status: Int32, output: String)
  /// Somebody interrupted it.
  case interrupted

  /// An option that an engine has nothing for.
  public struct Lack: Sendable, Hashable {
    /// The option as it is written.
    public let option: String
    /// Why it can't be had.
    public let reason: String
  }
}

extension EngineError: CustomStringConvertible {
  /// What is wrong, in a sentence.
  public var description: String {
    switch self {
    case .missing(let engine, let programs):
      "--engine \(engine.rawValue): no \(programs.joined(separator: " or ")) was found in PATH"
    case .noAddress(let engine): "--engine \(engine.rawValue) needs the address of a daemon"
    case .badAddress(let text, let forms): "'\(text)' is no address of a daemon, expected \(Self.list(forms))"
    case .hasNoAddress(let engine): "--engine-address: \(engine.rawValue) works on this machine, without a daemon"
    case .unreachable(let engine, let program, let address, let reason):
      "\(engine.rawValue) does not answer\(address.map { " at \($0)" } ?? ""): '\(program)' said: \(reason)"
    case .noBuildx(let program, let version):
      "\(program) \(version) builds with BuildKit only through its component buildx, which is not installed"
    case .tooOld(let engine, let version, let needed):
      "\(engine.rawValue) \(version) is too old, \(needed) or newer is needed"
    case .unknownVersion(let engine, let text): "\(engine.rawValue) does not tell its version: \(text)"
    case .lacks(_, let lacks): lacks.map { "\($0.option): \($0.reason)" }.joined(separator: "\n")
    case .failed(let engine, let call, let status, let output):
      "\(engine.rawValue) failed: '\(call.name)' ended with exit code \(status)" + (output.isEmpty ? "" : "\n\(output)")
    case .interrupted: "interrupted"
    }
  }

  /// What to do about it, if there is something.
  public var hint: String? {
    switch self {
    case .missing(.docker, _): "apt-get install docker.io, or leave --engine out: Drydock builds without a daemon"
    case .missing(.buildkit, _):
      "install buildctl of a BuildKit release, or docker with its component buildx; Debian 12 has neither"
    case .missing(let engine, _):
      "apt-get install \(engine.rawValue), or leave --engine out: Drydock needs no other builder"
    case .noAddress(let engine):
      "give --engine-address tcp://HOST:PORT, unix://SOCKET, docker-container://NAME or kube-pod://POD"
        + (engine.addressVariable.map { ", or set \($0)" } ?? "")
    case .unreachable(.docker, _, _, _): "start dockerd, or name another daemon with --engine-address or DOCKER_HOST"
    case .unreachable: "see that buildkitd runs there and that this machine may reach it"
    case .noBuildx: "install buildx (Docker's packages call it docker-buildx-plugin), or a client before 23.0"
    case .lacks: "leave it out, or build with Drydock's own engine"
    case .badAddress, .hasNoAddress, .tooOld, .unknownVersion, .failed, .interrupted: nil
    }
  }

  private static func list(_ words: [String]) -> String {
    words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
  }
}
