import Glibc
import Host
import TestSupport
import Testing

/// Builds that are killed at random moments, again and again: nothing of them runs on, is mounted or spoils the cache.
@Suite(.serialized) struct BuildKillTests {
  /// How often; `make kill` asks for more.
  private static let rounds = Environment["DRYDOCK_KILLS"].flatMap { Int($0) } ?? 12

  private static let dockerfile = """
    FROM scratch AS one
    COPY busybox /bin/busybox
    COPY busybox /bin/sh
    RUN busybox mkdir -p /d/e && busybox sleep 0.05 && busybox seq 20000 > /d/f && busybox chown 7:7 /d/f
    RUN busybox rm -r /d/e; busybox sleep 0.05; busybox setsid busybox sleep 30 & busybox seq 9 >> /d/f
    FROM one AS two
    RUN busybox sleep 0.05; busybox mv /d/f /d/g; busybox sleep 0.05
    FROM one
    RUN --mount=type=cache,target=/c busybox seq 9 >> /c/n; busybox sleep 0.05; busybox cp -a /d /h
    COPY --from=two /d/g /g

    """

  @Test(arguments: [nil, OrdinaryUser.Means.subordinates])
  func `a build that is killed leaves nothing, and the next one succeeds`(_ means: OrdinaryUser.Means?) async throws {
    var fixture = try ProgramFixture(["app/Dockerfile": Self.dockerfile])
    // A file of its own tells its processes from those of other tests.
    let program = fixture.work + "/drydock"
    for (source, target) in [
      (ProgramFixture.program, program), (try #require(Environment.program("busybox")), fixture.work + "/app/busybox"),
    ] {
      let copied = try await Subprocess("cp", [source, target]).run()
      try #require(copied.status == 0, "\(copied.errorText)")
    }
    fixture.program = program
    let words = ["build", "app", "--quiet"]
    let start = ContinuousClock.now
    let whole = try await fixture.run(words, as: means)
    let duration = ContinuousClock.now - start
    try #require(whole.status == 0, "\(whole)")
    var killed = 0
    for round in 0..<((Self.rounds + 1) / 2) {
      // Half of them write over what is there, half begin with nothing.
      if round.isMultiple(of: 2) { try Files.remove(fixture.cache + "/layers") }
      // The first is killed as it starts, however much faster than before the machine is by now.
      let time = round == 0 ? .milliseconds(20) : duration * Double.random(in: 0...1)
      let outcome = try await fixture.runKilled(words + ["--no-cache"], as: means, after: time)
      if outcome.status == 128 + SIGKILL {
        killed += 1
      } else {
        // 124 is timeout's own: its time was over just when the program had ended by itself.
        let status = outcome.status == 124 ? 0 : outcome.status
        #expect(ProgramFixture.Outcome(status, output: outcome.output, errors: outcome.errors) == whole)
      }
      #expect(try await Self.hasEnded(program), "processes live on after a kill at \(time)")
      #expect(try fixture.mounts() == [])
      #expect(try await fixture.run(words, as: means) == whole, "after a kill at \(time)")
      #expect(try Files.list(fixture.cache + "/work") == [], "after a kill at \(time)")
      let check = try await fixture.run(["store", "fsck"], as: means)
      #expect(check.status == 0, "after a kill at \(time): \(check)")
    }
    #expect(killed > 0)
  }

  /// Waits until no process executes the file, which is some moments after a kill at most.
  private static func hasEnded(_ program: String) async throws -> Bool {
    let identity = try FileStatus(of: program).identity
    for _ in 0..<500 {
      let runs = try Files.list("/proc").contains { name in
        let executed = try? FileStatus(of: "/proc/\(name)/exe", followingLink: true)
        return name.allSatisfy(\.isNumber) && executed?.identity == identity
      }
      if !runs { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }
}
