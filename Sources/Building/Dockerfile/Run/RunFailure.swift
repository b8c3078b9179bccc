public import Dockerfiles
private import Glibc
public import OCI
public import Sandbox

/// A command that failed.
public struct RunFailure: Error, Sendable, CustomStringConvertible {
  /// Where its instruction stands.
  public let position: SourcePosition
  /// The command.
  public let command: String
  let status: SandboxResult.Status
  /// The end of what it wrote.
  public let output: String
  /// The requests that it got no answer to, each with the reason.
  public let refusals: [String]
  /// What the image is built for, where that is one of several platforms.
  let target: Platform?
  let hasNetwork: Bool
  /// Whether root was the only user there, to whom alone files could be given.
  let hasSingleUser: Bool

  /// What happened, in one sentence.
  public var description: String { "process \"\(command)\" \(status)\(target.map { ", for \($0)" } ?? "")" }

  /// Whether it failed for want of users on this machine, by its output.
  public var lacksUsers: Bool { hasSingleUser && says(["operation not permitted", "invalid argument", "setgroups"]) }

  /// What to do about it, where the output tells of a network that is not there, or of users.
  public var hint: String? {
    if lacksUsers { return SandboxError.singleUserHint }
    let signs = ["connect", "resolve", "resolution", "unreachable", "name or service not known", "network"]
    guard !hasNetwork, says(signs) else { return nil }
    return
      "commands have no network here; --record lets them read through a proxy that pins what they got, --allow-network "
      + "gives them the host's, at the price of reproducibility"
  }

  private func says(_ signs: [String]) -> Bool {
    let text = output.lowercased()
    return signs.contains(where: text.contains)
  }
}

/// A command that could not be run here.
public struct RunRefusal: Error, Sendable, CustomStringConvertible {
  /// Where its instruction stands.
  public let position: SourcePosition
  /// What the sandbox met with.
  public let cause: SandboxError
  /// What the stage is built for.
  public let platform: Platform

  /// Whether it is the image that lacks the command, and not the machine that refuses.
  public var isMissingCommand: Bool { cause.stage == .command && !isForeign }

  /// Whether the command is for another processor than this machine's, and nothing here emulates that.
  private var isForeign: Bool {
    cause.stage == .command && cause.code == ENOEXEC && platform.architecture != Processor.own
  }

  /// What happened, in one sentence.
  public var description: String { "RUN can't be run here: \(cause)" }

  /// What to do about it, where that is known.
  public var hint: String? {
    isForeign
      ? "commands of \(platform) need its emulation here (binfmt_misc): apt-get install qemu-user-static binfmt-support; "
        + "steps without RUN need none" : cause.hint
  }
}
