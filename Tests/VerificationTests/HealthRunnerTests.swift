import Findings
import Host
import OCI
import Testing

@testable import Verification

/// Health checks of a tiny image, in real sandboxes with short times.
@Suite(.serialized) struct HealthRunnerTests {
  private let fixture: ImageFixture

  init() throws { fixture = try ImageFixture() }

  private func check(
    _ line: String, command: [String] = [], timeout: Duration = .seconds(20), startPeriod: Duration = .zero,
    startInterval: Duration? = nil, retries: Int = 3, limit: Duration = .seconds(300),
    workload: HealthRunner.Workload = .image
  ) async -> HealthResult {
    let image = fixture.image {
      $0.command = command
      $0.healthcheck = Healthcheck(
        test: .shell(line), interval: .milliseconds(20), timeout: timeout, startPeriod: startPeriod,
        startInterval: startInterval, retries: retries)
    }
    return await HealthRunner(image: image, stage: ImageFixture.stage).run(workload, limit: limit)
  }

  @Test func `an idle container becomes healthy by its first success`() async {
    let result = await check("echo fine; echo warning >&2")
    #expect(result.verdict == .healthy)
    #expect(result.probes.map(\.exitCode) == [0])
    #expect(result.probes.first?.output == "fine\nwarning\n")
    #expect(result.probes.first.map { $0.start >= .milliseconds(20) && $0.end >= $0.start } == true)
    #expect(result.testCase.hasPassed)
  }

  @Test func `a server becomes healthy once it is ready`() async {
    let marker = "9\(UInt32.random(in: 100_000...999_999)).5"
    // The server is ready once two checks have come, so the order does not hang on the clock.
    let server = """
      touch /tmp/checks; until [ $(wc -l < /tmp/checks) -ge 2 ]; do sleep 0.02; done; touch /tmp/ready; sleep \(marker)
      """
    let result = await check(
      "echo >> /tmp/checks; test -e /tmp/ready", command: ["sh", "-c", server], startPeriod: .seconds(60),
      startInterval: .milliseconds(20))
    #expect(result.verdict == .healthy)
    #expect(result.probes.count > 1)
    #expect(result.probes.dropLast().allSatisfy { $0.exitCode == 1 })
    #expect(processes(with: marker) == 0)
  }

  @Test func `it becomes unhealthy after its retries`() async {
    let result = await check("echo bad; exit 3")
    #expect(result.verdict == .unhealthy)
    #expect(result.probes.map(\.exitCode) == [3, 3, 3])
    #expect(result.summary == "unhealthy: 3 checks, the last with exit code 3")
    #expect(result.testCase.outcome == .failed(reason: result.summary, output: result.log))
    #expect(result.log.hasSuffix("exit code 3\n  bad"))
  }

  @Test func `a check that takes too long is killed`() async {
    let marker = "8\(UInt32.random(in: 100_000...999_999)).5"
    let result = await check("sleep \(marker)", timeout: .milliseconds(100), retries: 2)
    #expect(result.verdict == .unhealthy)
    #expect(result.probes.map(\.exitCode) == [-1, -1])
    #expect(result.probes.first?.output == "Health check exceeded timeout (0.1 seconds)")
    #expect(processes(with: marker) == 0)
  }

  @Test func `the start period excuses failures`() async {
    let result = await check(
      "exit 1", startPeriod: .seconds(3), startInterval: .milliseconds(20), retries: 1)
    #expect(result.verdict == .unhealthy)
    #expect(result.probes.dropLast().allSatisfy { $0.start < .seconds(3) })
    #expect(result.probes.last.map { $0.start >= .seconds(3) } == true)
  }

  @Test func `without a verdict it ends when its time is up`() async {
    let result = await check(
      "exit 1", startPeriod: .seconds(100), startInterval: .milliseconds(50), limit: .milliseconds(300))
    #expect(result.verdict == .undecided(limit: .milliseconds(300)))
  }

  @Test func `the end of the container's command ends it`() async {
    let result = await check("exit 1", command: ["sh", "-c", "echo goodbye; exit 7"], startPeriod: .seconds(100))
    #expect(result.verdict == .ended(how: "exited with code 7", output: "goodbye\n"))
    #expect(result.probes.isEmpty)
    let idle = await check("true", command: ["sh", "-c", "exit 7"], workload: .idle)
    #expect(idle.verdict == .healthy)
    let other = await check("true", command: ["sh", "-c", "exit 7"], workload: .arguments(["sleep", "100"]))
    #expect(other.verdict == .healthy)
  }

  @Test func `no check and no program are told`() async {
    let none = await HealthRunner(image: fixture.image(), stage: ImageFixture.stage).run()
    #expect(none.verdict == .noHealthcheck)
    let image = fixture.image { $0.healthcheck = Healthcheck(test: .exec(["/none"]), retries: 2) }
    let missing = await HealthRunner(image: image, stage: ImageFixture.stage).run(interval: .milliseconds(10))
    #expect(missing.verdict == .unhealthy)
    #expect(missing.probes.map(\.output) == Array(repeating: "cannot run /none: No such file or directory", count: 2))
    let broken = fixture.image {
      $0.command = ["/none"]
      $0.healthcheck = image.config.healthcheck
    }
    let result = await HealthRunner(image: broken, stage: ImageFixture.stage).run()
    guard case .notStarted(let reason) = result.verdict else {
      Issue.record("\(result.verdict)")
      return
    }
    #expect(reason.hasPrefix("cannot run /none: No such file or directory"))
  }
}
