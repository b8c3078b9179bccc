extension BuildDefinition {
  /// Reads what the instructions of a file mean; faults are stated in BuildKit's words.
  public init(_ file: Dockerfile) throws(DockerfileError) {
    self.file = file
    var globals: [(definition: BuildArgument, position: SourcePosition)] = []
    var stages: [BuildStage] = []
    for instruction in file.instructions {
      if instruction.kind == .from {
        stages.append(try BuildStage(instruction, index: stages.count))
        continue
      }
      let step = try BuildStep(instruction)
      if stages.isEmpty {
        guard case .arg(let arguments) = step.command else {
          throw DockerfileError(
            at: instruction.position, "no build stage in current context",
            hint: "a Dockerfile begins with FROM; only ARG may stand before it")
        }
        globals += arguments.map { ($0, instruction.position) }
      } else {
        stages[stages.count - 1].steps.append(step)
      }
    }
    guard !stages.isEmpty else {
      throw DockerfileError(
        at: file.instructions.first?.position ?? SourcePosition(line: 1, column: 1),
        "dockerfile contains no stages to build", hint: "add a FROM line")
    }
    globalArguments = globals
    self.stages = stages
  }

  /// The instructions that a base image leaves to builds upon it.
  ///
  /// - Parameter position: The `FROM` that names the base.
  public static func triggers(_ texts: [String], at position: SourcePosition) throws(DockerfileError) -> [BuildStep] {
    var steps: [BuildStep] = []
    for text in texts {
      do throws(DockerfileError) {
        for instruction in try Dockerfile(parsing: text).instructions {
          if let kind = instruction.kind, [.onbuild, .maintainer, .from].contains(kind) {
            throw DockerfileError(at: position, "\(kind.rawValue.uppercased()) isn't allowed as an ONBUILD trigger")
          }
          let step = try BuildStep(instruction)
          steps.append(BuildStep(command: step.command, text: step.text, position: position, isTrigger: true))
        }
      } catch {
        throw DockerfileError(at: position, "in the base image's trigger '\(text)': \(error.message)", hint: error.hint)
      }
    }
    return steps
  }
}

extension BuildStage {
  init(_ instruction: Instruction, index: Int) throws(DockerfileError) {
    let words = instruction.plainWords
    var name: String?
    if words.count == 3, words[1].text.lowercased() == "as" {
      let text = words[2].text.lowercased()
      let isValid = text.utf8.enumerated().allSatisfy { offset, byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || offset > 0 && ((UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_.".utf8.contains(byte))
      }
      guard isValid else {
        throw DockerfileError(
          at: words[2].position,
          "invalid name for build stage: \(GoQuoting.quoted(words[2].text)), name can't start with a number or contain symbols"
        )
      }
      name = text
    } else if words.count != 1 {
      throw DockerfileError(
        at: instruction.position, "FROM requires either one or three arguments", hint: "write FROM IMAGE [AS NAME]")
    }
    let flags = try InstructionFlags(instruction, ["platform": .single])
    self.init(
      index: index, name: name, base: words[0], platform: flags.text("platform"), position: instruction.position)
  }
}

extension Instruction {
  /// The arguments as plain words, whichever form they were written in.
  var plainWords: [Word] {
    func word(_ text: String) -> Word { Word(text: text, range: keyword.range, position: position) }
    switch arguments {
    case .words(let words): return words
    case .text(let text): return [text]
    case .json(let strings): return strings.map(word)
    default: return []
    }
  }
}
