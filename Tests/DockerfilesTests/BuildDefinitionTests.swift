import Dockerfiles
import Testing

struct `Build definitions` {
  struct Case: Sendable {
    let source: String
    let fault: String
    init(_ source: String, _ fault: String) {
      self.source = source
      self.fault = fault
    }
  }

  static let refused: [Case] = [
    Case("RUN x", "1:1: no build stage in current context"),
    Case("ARG A", "1:1: dockerfile contains no stages to build"),
    Case("FROM a b", "1:1: FROM requires either one or three arguments"),
    Case(
      "FROM a AS 1x", "1:11: invalid name for build stage: \"1x\", name can't start with a number or contain symbols"),
    Case("FROM a\nFOO bar", "2:1: unknown instruction: FOO"), Case("FROM a\nfoo bar", "2:1: unknown instruction: foo"),
    Case("FROM a\nWORKDIR", "2:1: WORKDIR requires exactly one argument"),
    Case("FROM a\nUSER", "2:1: USER requires exactly one argument"),
    Case("FROM a\nSTOPSIGNAL", "2:1: STOPSIGNAL requires exactly one argument"),
    Case("FROM a\nENV", "2:1: ENV requires at least one argument"),
    Case("FROM a\nLABEL", "2:1: LABEL requires at least one argument"),
    Case("FROM a\nONBUILD", "2:1: ONBUILD requires at least one argument"),
    Case("FROM a\nHEALTHCHECK", "2:1: HEALTHCHECK requires at least one argument"),
    Case("FROM a\nEXPOSE", "2:1: EXPOSE requires at least one argument"),
    Case("FROM a\nVOLUME", "2:1: VOLUME requires at least one argument"),
    Case("FROM a\nENV =x", "2:5: ENV names can not be blank"),
    Case("FROM a\nARG =x", "2:5: ARG names can not be blank"),
    Case(
      "FROM a\nCOPY x",
      "2:1: COPY requires at least two arguments, but only one was provided. Destination could not be determined"),
    Case("FROM a\nCOPY --boo x y", "2:6: unknown flag: --boo"),
    Case("FROM a\nCOPY --from x y", "2:6: missing a value on flag: --from"),
    Case("FROM a\nCOPY --link=2 x y", "2:6: expecting boolean value for flag --link, not: 2"),
    Case("FROM a\nCOPY --from=1 --from=2 x y", "2:15: duplicate flag specified: --from"),
    Case("FROM a\nMAINTAINER --boo joe", "2:12: unknown flag: --boo"),
    Case("FROM a\nCOPY x <<EOF\nEOF", "2:8: COPY cannot accept a heredoc as a destination"),
    Case("FROM a\nSHELL sh -c", "2:1: SHELL requires the arguments to be in JSON form"),
    Case("FROM a\nONBUILD ONBUILD RUN x", "2:9: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
    Case("FROM a\nONBUILD FROM x", "2:9: FROM isn't allowed as an ONBUILD trigger"),
    Case("FROM a\nHEALTHCHECK NONE x", "2:13: HEALTHCHECK NONE takes no arguments"),
    Case("FROM a\nHEALTHCHECK FOO x", "2:13: Unknown type \"FOO\" in HEALTHCHECK (try CMD)"),
    Case("FROM a\nHEALTHCHECK CMD", "2:13: Missing command after HEALTHCHECK CMD"),
    Case("FROM a\nHEALTHCHECK --interval=1ns CMD x", "2:13: Interval \"interval\" cannot be less than 1ms"),
    Case("FROM a\nHEALTHCHECK --retries=-1 CMD x", "2:13: --retries cannot be negative (-1)"),
    Case("FROM a\nRUN --network=bridge x", "2:5: unsupported network mode \"bridge\""),
    Case("FROM a\nRUN --security=insecure x", "2:5: --security=insecure is not supported"),
    Case(
      "FROM a\nRUN --mount=type=bind,from=$A,target=/x y",
      "2:5: 'from' doesn't support variable expansion, define alias stage instead"),
  ]

  @Test(arguments: refused)
  func `a meaningless instruction is refused at its place`(_ test: Case) {
    let error = #expect(throws: DockerfileError.self) { try BuildDefinition(Dockerfile(parsing: test.source)) }
    #expect(error?.description == test.fault)
  }

  static let mounts: [Case] = [
    Case("type=secret", "invalid secret mount. one of source, target required"),
    Case("type=secret,source=a,id=b", "both source and id can't be set"),
    Case("type=secret,from=a,id=b", "secret mount should not have a from"),
    Case("type=tmpfs,target=/x,mode=0755", "mode not allowed for \"tmpfs\" type mounts"),
    Case("type=bind,target=/x,sharing=locked", "invalid cache sharing set for bind mount"),
    Case("type=nothing,target=/x", "unsupported mount type \"nothing\""),
    Case("type=cache,target=/x,sharing=mine", "unsupported sharing value \"mine\""),
    Case("type=cache,target=/x,size=1", "unexpected key 'size' for mount type 'cache'"),
    Case("type=cache,target=/x,odd=1", "unexpected key 'odd' in 'odd=1'"),
    Case("type=cache,odd", "invalid field 'odd' must be a key=value pair"),
    Case("type=bind,target=\"/x", "failed to parse csv mounts"),
  ]

  @Test(arguments: mounts)
  func `a mount that makes no sense is refused`(_ test: Case) throws {
    let word = Self.word(test.source)
    let error = #expect(throws: DockerfileError.self) {
      try RunMount(word) { text throws(WordError) in text }
    }
    #expect(error?.message == test.fault)
  }

  @Test func `mounts have BuildKit's defaults`() throws {
    func mount(_ text: String) throws -> RunMount { try RunMount(Self.word(text)) { text throws(WordError) in text } }
    #expect(try mount("target=/x").kind == .bind)
    #expect(try mount("target=/x").isReadOnly)
    #expect(try !mount("target=/x,rw").isReadOnly)
    #expect(try !mount("type=cache,target=/x").isReadOnly)
    #expect(try mount("type=tmpfs,target=/x,size=2m").size == 2 << 20)
    #expect(try mount("type=bind,\"target=/a,b\"").target == "/a,b")
  }

  private static func word(_ text: String) -> Instruction.Word {
    Instruction.Word(text: text, range: 0..<0, position: SourcePosition(line: 1, column: 1))
  }
}
