/// What a Dockerfile says to do: its stages with their steps, checked as far as that can be done without expanding
/// variables.
public struct BuildDefinition: Sendable {
  /// The file.
  public let file: Dockerfile
  /// The `ARG`s before the first `FROM`, which only `FROM` lines and redeclarations see.
  public let globalArguments: [(definition: BuildArgument, position: SourcePosition)]
  /// The stages, in order; at least one.
  public let stages: [BuildStage]
}

/// One `FROM` and what follows it.
public struct BuildStage: Sendable {
  /// Where it stands in the file, from 0.
  public let index: Int
  /// The name after `AS`, in lower case.
  public let name: String?
  /// The image or stage it begins with, before variables are expanded.
  public let base: Instruction.Word
  /// The platform of the base, before variables are expanded.
  public let platform: String?
  /// Where `FROM` stands.
  public let position: SourcePosition
  /// The steps, in order.
  public internal(set) var steps: [BuildStep] = []
}

/// One instruction of a stage.
public struct BuildStep: Sendable {
  /// What it does.
  public let command: BuildCommand
  /// The instruction as it was written, for messages.
  public let text: String
  /// Where it stands.
  public let position: SourcePosition
  /// Whether it came from a base image's triggers.
  public let isTrigger: Bool
}

/// A name that `--build-arg` can give a value.
public struct BuildArgument: Sendable, Hashable {
  /// The name.
  public let name: String
  /// The value it has otherwise, before variables are expanded.
  public let value: String?
}

/// What a step does; texts are as they were written, before variables are expanded.
public enum BuildCommand: Sendable {
  /// A name and value.
  public typealias Pair = (name: String, value: String)

  /// Files of the context, of another stage or image, of here-documents; for `ADD` of archives and URLs as well.
  case copy(CopyCommand)
  /// Declares arguments.
  case arg([BuildArgument])
  /// The default command.
  case cmd(CommandLine)
  /// The program.
  case entrypoint(CommandLine)
  /// Environment.
  case env([Pair])
  /// Ports.
  case expose([String])
  /// A health check; nil turns off the base image's.
  case healthcheck(HealthcheckCommand?)
  /// Labels.
  case label([Pair])
  /// The author.
  case maintainer(String)
  /// An instruction for builds upon the image.
  case onbuild(String)
  /// Runs a command.
  case run(RunCommand)
  /// The shell for shell forms.
  case shell([String])
  /// The signal that ends the container.
  case stopsignal(String)
  /// The user.
  case user(String)
  /// Volumes.
  case volume([String])
  /// The directory.
  case workdir(String)
}

/// A command in one of its two forms.
public enum CommandLine: Sendable, Hashable {
  /// A line for the shell.
  case shell(String)
  /// A program and its arguments.
  case exec([String])
}

/// `COPY` or `ADD`.
public struct CopyCommand: Sendable {
  /// Whether it is `ADD`, which unpacks archives and fetches URLs.
  public let isAdd: Bool
  /// What is copied: paths, URLs, or here-documents.
  public let sources: [Source]
  /// Where to.
  public let destination: String
  /// The stage, image or context that sources are in; nil for the build context.
  public let from: String?
  /// `USER[:GROUP]`.
  public let owner: String?
  /// Octal or symbolic.
  public let mode: String?
  /// Whether the layer does not depend on what lies below it.
  public let isLinked: Bool
  /// Whether the folders above each source are kept.
  public let keepsParents: Bool
  /// Patterns of what is left out.
  public let excludes: [String]
  /// What a fetched file must have.
  public let checksum: String?
  /// Whether archives are unpacked, if that was said.
  public let unpacks: Bool?

  /// Something that is copied.
  public enum Source: Sendable, Hashable {
    /// A path or URL.
    case path(String)
    /// A here-document.
    case heredoc(Heredoc)
  }
}

/// `RUN`.
public struct RunCommand: Sendable {
  /// The command.
  public let command: CommandLine
  /// The here-documents.
  public let heredocs: [Heredoc]
  /// The mounts as they were written; ``RunMount`` reads one once its variables are known.
  public let mounts: [Instruction.Word]
  /// The network.
  public let network: Network?

  /// Which network a command has.
  public enum Network: String, Sendable, CaseIterable {
    /// The builder's choice.
    case standard = "default"
    /// None.
    case none
    /// The host's.
    case host
  }
}

/// `HEALTHCHECK CMD`.
public struct HealthcheckCommand: Sendable, Hashable {
  /// What is run.
  public let command: CommandLine
  /// The time between two checks.
  public let interval: Duration?
  /// How long one may take.
  public let timeout: Duration?
  /// How long failures do not count.
  public let startPeriod: Duration?
  /// The time between two checks until then.
  public let startInterval: Duration?
  /// How many failures in a row count.
  public let retries: Int?
}
