import OCI
import Testing

@testable import Verification

/// Docker's rules (Dockerfile reference, `HEALTHCHECK`; engine 25 for the start interval).
@Suite struct HealthMonitorTests {
  /// A check that takes a second, by its exit code; the container's health after it, and the wait before the next.
  struct Step: Sendable {
    let exitCode: Int32
    let status: HealthMonitor.Status
    let streak: Int
    let interval: Int

    init(_ exitCode: Int32, _ status: HealthMonitor.Status, _ streak: Int, next interval: Int) {
      self.exitCode = exitCode
      self.status = status
      self.streak = streak
      self.interval = interval
    }
  }

  struct Course: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let check: Healthcheck
    let first: Int
    let steps: [Step]

    init(
      _ name: String, startPeriod: Int = 0, startInterval: Int? = nil, retries: Int = 3, first: Int, _ steps: [Step]
    ) {
      testDescription = name
      check = Healthcheck(
        test: .exec(["check"]), interval: .seconds(30), timeout: .seconds(10), startPeriod: .seconds(startPeriod),
        startInterval: startInterval.map { .seconds($0) }, retries: retries)
      self.first = first
      self.steps = steps
    }
  }

  static let courses: [Course] = [
    Course("the first check comes after the interval", first: 30, [Step(0, .healthy, 0, next: 30)]),
    Course(
      "three failures in a row are too many", first: 30,
      [
        Step(1, .starting, 1, next: 30), Step(1, .starting, 2, next: 30), Step(1, .unhealthy, 3, next: 30),
        Step(1, .unhealthy, 4, next: 30), Step(0, .healthy, 0, next: 30),
      ]),
    Course(
      "a success in between starts the count again", first: 30,
      [
        Step(0, .healthy, 0, next: 30), Step(1, .healthy, 1, next: 30), Step(2, .healthy, 2, next: 30),
        Step(0, .healthy, 0, next: 30), Step(1, .healthy, 1, next: 30), Step(1, .healthy, 2, next: 30),
        Step(1, .unhealthy, 3, next: 30),
      ]),
    Course("one failure is too many without retries", retries: 1, first: 30, [Step(1, .unhealthy, 1, next: 30)]),
    Course(
      "failures within the start period don't count", startPeriod: 12, retries: 1, first: 5,
      // Checks begin 5 s and 11 s after the start, the next 17 s.
      [Step(1, .starting, 0, next: 5), Step(1, .starting, 0, next: 30), Step(1, .unhealthy, 1, next: 30)]),
    Course(
      "a success ends the start period", startPeriod: 100, startInterval: 2, retries: 2, first: 2,
      [
        Step(1, .starting, 0, next: 2), Step(0, .healthy, 0, next: 30), Step(1, .healthy, 1, next: 30),
        Step(1, .unhealthy, 2, next: 30),
      ]),
    Course("a killed check has failed", retries: 1, first: 30, [Step(-1, .unhealthy, 1, next: 30)]),
  ]

  @Test(arguments: courses)
  func `the state follows the checks`(_ course: Course) {
    var monitor = HealthMonitor(course.check)
    var now = Duration.zero
    #expect(monitor.status == .starting)
    #expect(monitor.interval(now: now) == .seconds(course.first))
    for (index, step) in course.steps.enumerated() {
      let start = now + monitor.interval(now: now)
      now = start + .seconds(1)
      monitor.record(HealthMonitor.Probe(start: start, end: now, exitCode: step.exitCode, output: ""))
      #expect(monitor.status == step.status, "step \(index)")
      #expect(monitor.failingStreak == step.streak, "step \(index)")
      #expect(monitor.interval(now: now) == .seconds(step.interval), "step \(index)")
    }
    #expect(monitor.probes.map(\.exitCode) == course.steps.map(\.exitCode))
  }

  @Test func `a check that began within the start period doesn't count when it ends after it`() {
    var monitor = HealthMonitor(Healthcheck(test: .exec(["x"]), startPeriod: .seconds(10), retries: 1))
    monitor.record(HealthMonitor.Probe(start: .seconds(9), end: .seconds(20), exitCode: 1, output: ""))
    #expect(monitor.status == .starting)
    monitor.record(HealthMonitor.Probe(start: .seconds(10), end: .seconds(11), exitCode: 1, output: ""))
    #expect(monitor.status == .unhealthy)
  }

  @Test func `the first 4096 bytes of output are kept`() {
    func kept(_ count: Int) -> String {
      let output = String(repeating: "a", count: count)
      return HealthMonitor.Probe(start: .zero, end: .zero, exitCode: 0, output: output).output
    }
    #expect(kept(4096).count == 4096)
    #expect(kept(4097) == String(repeating: "a", count: 4096) + "...")
  }
}
