internal import Findings
internal import Host
internal import Sandbox

/// The container of a run of tests with its services, or why there is none.
struct TestSession: Sendable {
  /// What tests share.
  private struct Shared: Sendable {
    let container: Container
    let services: Services
    let variables: [String: String]
  }

  private let image: ImageRoot
  private let stage: String
  private let shared: Result<Shared, VerificationError>

  static func start(
    _ image: ImageRoot, _ specification: TestSpecification, folder: String, stage: String
  ) async -> TestSession {
    do throws(VerificationError) {
      let settings = try ContainerSettings(image, options: specification.runOptions, folder: folder)
      let container = try await Container(settings, stage: stage)
      var variables: [String: String] = [:]
      for variable in specification.environment {
        variables[variable.name] = Substitution.expand(variable.value, settings.environment, unset: .removed)
      }
      let services = Services(container, hasTestSite: image.testSite != nil)
      // They start while tests run that need none.
      let needed = Set(specification.commands.flatMap(\.services) + specification.scripts.flatMap(\.services))
      if !needed.isEmpty { Task { _ = try? await services.variables(for: Array(needed)) } }
      return TestSession(
        image: image, stage: stage,
        shared: .success(Shared(container: container, services: services, variables: variables)))
    } catch {
      return TestSession(image: image, stage: stage, shared: .failure(error))
    }
  }

  /// Ends the services and the container.
  func stop() async {
    guard case .success(let shared) = shared else { return }
    await shared.services.stop()
    await shared.container.stop()
  }

  // MARK: Commands

  func run(_ test: CommandTest) async -> TestReport.Case {
    var verdict = Verdict()
    let clock = ContinuousClock()
    let start = clock.now
    do throws(VerificationError) {
      let shared = try shared.get()
      var variables = self.variables(test.environment, shared)
      variables.merge(try await shared.services.variables(for: test.services)) { $1 }
      if test.setup.isEmpty && test.teardown.isEmpty {
        try await check(test, in: shared.container, variables, &verdict)
      } else {
        let container = try await Container(shared.container.settings, stage: stage)
        do throws(VerificationError) {
          try await runAll(test.setup, "setup", of: test, in: container, variables, &verdict)
          try await check(test, in: container, variables, &verdict)
          try await runAll(test.teardown, "teardown", of: test, in: container, variables, &verdict)
        } catch {
          verdict.note(error)
        }
        await container.stop()
      }
    } catch {
      verdict.note(error)
    }
    return verdict.testCase(test.name, group: "command", duration: clock.now - start)
  }

  private func check(
    _ test: CommandTest, in container: Container, _ variables: [String: String], _ verdict: inout Verdict
  ) async throws(VerificationError) {
    // A shell in the image knows variables that the image's configuration doesn't: those are left to it.
    let arguments = test.command.map { Substitution.expand($0, image.variables, unset: .kept) }
    let command = container.settings.command(arguments, environment: variables, timeout: test.timeout)
    let result = try await container.run(command)
    verdict.output = Self.output(result)
    if result.status == .timedOut {
      verdict.note("took longer than its time limit of \(test.timeout)")
      return
    }
    verdict.check(result.errorText, "standard error", test.errors, isCut: result.isCut)
    verdict.check(result.text, "standard output", test.output, isCut: result.isCut)
    if result.status.shellCode != Int32(test.exitCode) {
      verdict.note("\(result.status), expected code \(test.exitCode)")
    }
  }

  private func runAll(
    _ commands: [[String]], _ what: String, of test: CommandTest, in container: Container,
    _ variables: [String: String], _ verdict: inout Verdict
  ) async throws(VerificationError) {
    for arguments in commands {
      let command = container.settings.command(arguments, environment: variables, timeout: test.timeout)
      let result = try await container.run(command)
      guard !result.status.isSuccess else { continue }
      verdict.note("the \(what) command '\(arguments.joined(separator: " "))' \(result.status)")
      verdict.output += Self.output(result)
    }
  }

  private func variables(_ own: [TestSpecification.Variable], _ shared: Shared) -> [String: String] {
    var variables = shared.variables
    for variable in own {
      variables[variable.name] = Substitution.expand(
        variable.value, shared.container.settings.environment, unset: .removed)
    }
    return variables
  }

  private static func output(_ result: SandboxResult) -> String {
    [result.text, result.errorText].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  // MARK: Scripts

  /// Imports modules one after the other in one interpreter.
  func importModules(_ modules: [String]) async -> [TestReport.Case] {
    let outcome = await runPython(
      ["-c", ImportProgram.text] + modules, environment: [], timeout: .seconds(300), services: [])
    let reported = Set(outcome.checks.map(\.check))
    let missing = modules.filter { !reported.contains($0) }
    var cases = outcome.checks.map { $0.testCase("import \($0.check)", group: "import", output: outcome.output) }
    for module in missing {
      // What follows a module that ended the interpreter was not tried.
      var verdict = outcome.verdict
      if verdict.problems.isEmpty { verdict.note("was not reported") }
      cases.append(verdict.testCase("import \(module)", group: "import", duration: .zero))
    }
    return cases
  }

  /// Puts a utility to its smoke test, with a stand-in of S3 where there is one.
  func tryUtility(_ name: String) async -> [TestReport.Case] {
    let outcome = await runPython(
      ["-c", UtilityProgram.text(for: name) ?? ""], environment: [], timeout: .seconds(120),
      services: image.testSite == nil ? [] : [.moto])
    let cases = outcome.checks.map { $0.testCase("utility \($0.check)", group: "utility", output: outcome.output) }
    guard cases.isEmpty else { return cases }
    var verdict = outcome.verdict
    if verdict.problems.isEmpty { verdict.note("was not reported") }
    return [verdict.testCase("utility \(name)", group: "utility", duration: outcome.duration)]
  }

  func run(_ test: ScriptTest) async -> [TestReport.Case] {
    let program = Path.join(ContainerSettings.testFolder, test.file)
    let outcome = await runPython(
      [program] + test.arguments, environment: test.environment, timeout: test.timeout, services: test.services)
    var cases = outcome.checks.map { check in
      check.testCase("\(test.name): \(check.check)", group: "script", output: outcome.output)
    }
    var verdict = outcome.verdict
    if cases.isEmpty && verdict.problems.isEmpty { verdict.note("\(test.file) reported no check") }
    // A script whose checks failed says so by its code as well: once is enough.
    if !verdict.problems.isEmpty && (outcome.isBroken || cases.allSatisfy(\.hasPassed)) {
      cases.append(verdict.testCase(test.name, group: "script", duration: outcome.duration))
    }
    return cases
  }

  /// What a script reported and how it ended.
  private struct Outcome: Sendable {
    var checks: [CheckLine] = []
    var verdict = Verdict()
    var output = ""
    var duration = Duration.zero
    /// Whether it could not come to its own end.
    var isBroken = false
  }

  private func runPython(
    _ arguments: [String], environment: [TestSpecification.Variable], timeout: Duration, services: [TestService]
  ) async -> Outcome {
    var outcome = Outcome()
    let clock = ContinuousClock()
    let start = clock.now
    do throws(VerificationError) {
      let shared = try shared.get()
      var variables = self.variables(environment, shared)
      variables.merge(try await shared.services.variables(for: services)) { $1 }
      let command = shared.container.settings.command(
        ["python3"] + arguments, environment: variables, timeout: timeout)
      let result = try await shared.container.run(command)
      let (checks, rest) = CheckLine.split(result.text)
      outcome.checks = checks
      outcome.output = [rest, result.errorText].filter { !$0.isEmpty }.joined(separator: "\n")
      outcome.verdict.output = outcome.output
      if case .exited = result.status {} else { outcome.isBroken = true }
      if result.status == .timedOut {
        outcome.verdict.note("took longer than its time limit of \(timeout)")
      } else if !result.status.isSuccess {
        outcome.verdict.note("python3 \(result.status)")
      }
    } catch {
      outcome.isBroken = true
      outcome.verdict.note(error)
    }
    outcome.duration = clock.now - start
    return outcome
  }
}

extension CheckLine {
  fileprivate func testCase(_ name: String, group: String, output: String) -> TestReport.Case {
    var verdict = Verdict()
    if isOK {
      verdict.detail = detail
    } else {
      // The first line is the reason, what follows is output.
      let lines = (detail ?? "").lines
      verdict.note(lines.first.map(String.init) ?? "did not hold")
      verdict.output = lines.count > 1 ? "\(lines.dropFirst().joined(separator: "\n"))\n\(output)" : output
    }
    return verdict.testCase(name, group: group, duration: duration)
  }
}
