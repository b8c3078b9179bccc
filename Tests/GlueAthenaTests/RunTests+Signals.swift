import Host
import JSON
import Testing
@testable import GlueAthena

extension RunTests {
  static let askToEnd = ["HUP", "INT", "TERM"]

  @Test(arguments: ["HUP", "INT", "TERM", "QUIT", "USR1", "USR2"])
  func `a signal reaches the job, which ends in its own way`(signal: String) throws {
    let image = try FakeImage.open(
      submit: "trap 'echo got \(signal); exit 5' \(signal)\nkill -\(signal) $PPID\nwhile :; do sleep 0.02; done")
    let result = try image.run("run", "job.py")
    #expect(result.text == "got \(signal)\n")
    #expect(result.status == 5)
    let summary = try summary(result)
    #expect(summary["outcome"]?.string == (Self.askToEnd.contains(signal) ? "stopped" : "failed"))
    #expect(summary["requested"]?.string == (Self.askToEnd.contains(signal) ? signal : nil))
  }

  @Test func `a job that does not end within the grace time is killed`() throws {
    let image = try FakeImage.open(submit: "trap '' TERM\nkill -TERM $PPID\nwhile :; do sleep 0.02; done")
    let result = try image.run("run", "--grace", "0.2", "job.py")
    #expect(result.status == 137)
    let summary = try summary(result)
    #expect(summary["outcome"]?.string == "killed")
    #expect(try #require(summary["seconds"]?.double) >= 0.2)
  }

  @Test func `a request to end reaches the whole group, such as a driver below the job's program`() throws {
    let image = try FakeImage.open(
      submit: """
        sh -c 'trap "echo driver; exit 0" TERM; echo > ready; while :; do sleep 0.02; done' &
        trap 'wait; exit 143' TERM
        while [ ! -f ready ]; do sleep 0.01; done
        kill -TERM $PPID
        while :; do sleep 0.02; done
        """)
    let result = try image.run("run", "job.py")
    #expect(result.text == "driver\n")
    #expect(result.status == 143)
  }

  @Test func `a job that takes longer than its time is asked to end`() throws {
    let image = try FakeImage.open(submit: "exec sleep 60")
    let result = try image.run("run", "--timeout", "0.2", "job.py")
    #expect(result.status == 143)
    let summary = try summary(result)
    #expect(summary["outcome"]?.string == "timed-out")
    #expect(summary["requested"] == nil)
  }

  @Test func `a job killed by SIGTERM a hundred times ends within the grace time and leaves nothing`() async throws {
    // Most of a round is waiting: eight at a time.
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { try await BlockingPool.run { for _ in 0..<13 { try Self.killJob() } } }
      }
      try await group.waitForAll()
    }
  }

  static func killJob() throws {
    let image = try FakeImage.open(
      submit: """
        (setsid sh -c 'echo $$ > one; exec sleep 60' > /dev/null 2>&1 &)
        sh -c 'echo $$ > two; exec sleep 60' > /dev/null 2>&1 &
        touch "$SPARK_LOCAL_DIRS/spill"
        while [ ! -s one ] || [ ! -s two ]; do sleep 0.01; done
        kill -TERM $PPID
        exec sleep 60
        """)
    let result = try image.run("run", "--grace", "2", "job.py")
    #expect(result.status == 143)
    let summary = try JSONValue(parsing: String(try #require(result.errorText.split(separator: "\n").last)))
    #expect(summary["outcome"]?.string == "stopped")
    for name in ["one", "two"] {
      let pid = try #require(Int32(Files.text(image.root + "/work/\(name)").prefix { $0.isNumber }))
      #expect(ProcessStatus(of: pid) == nil)
    }
    #expect(try Files.list(image.root + "/tmp") == [])
  }

  @Test func `as the first process it takes signals and ends on them`() throws {
    let image = try FakeImage.open(submit: "kill -TERM $PPID\nexec sleep 60")
    let result = try image.run("run", "job.py", under: Self.asFirstProcess)
    #expect(result.status == 143)
    #expect(try summary(result)["signal"]?.string == "TERM")
  }

  // MARK: Orphans

  @Test func `as the first process it reaps the orphans of a running job`() throws {
    let image = try FakeImage.open(
      submit: """
        for i in 1 2 3 4 5; do (sleep 0.05 &); done
        for round in $(seq 500); do
          left=$(cat /proc/[0-9]*/stat 2> /dev/null | grep -c '(sleep)')
          [ "$left" = 0 ] && break
          true
        done
        echo "$left"
        exit 3
        """)
    let result = try image.run("run", "job.py", under: Self.asFirstProcess)
    #expect(result.text == "0\n")
    #expect(result.status == 3)
  }

  @Test(arguments: 0..<10)
  func `processes that outlive the job are ended, also those in a session of their own`(round: Int) throws {
    let image = try FakeImage.open(
      submit: """
        setsid sh -c 'echo $$ > one; exec sleep 60' > /dev/null 2>&1 &
        sh -c 'trap "" TERM; echo $$ > two; while :; do sleep 0.05; done' > /dev/null 2>&1 &
        while [ ! -s one ] || [ ! -s two ]; do sleep 0.01; done
        """)
    let result = try image.run("run", "--grace", "0.1", "job.py")
    #expect(result.status == 0)
    #expect(try #require(try summary(result)["leftoverProcesses"]?.integer) >= 2)
    for name in ["one", "two"] {
      let pid = try #require(Int32(Files.text(image.root + "/work/\(name)").prefix { $0.isNumber }))
      #expect(ProcessStatus(of: pid) == nil)
    }
  }
}
