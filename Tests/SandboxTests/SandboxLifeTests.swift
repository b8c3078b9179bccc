import Glibc
import Host
import Sandbox
import TestSupport
import Testing

@Suite(.serialized) struct `The life of a sandbox` {
  let fixture: SandboxFixture

  init() throws { fixture = try SandboxFixture() }

  @Test func `its time limit ends everything in it`() async throws {
    let marker = HostProcesses.marker()
    var plan = fixture.plan("sleep \(marker) & setsid sleep \(marker) & trap '' TERM; echo ready; sleep \(marker)")
    plan.command.timeout = .milliseconds(500)
    let result = try await fixture.run(plan)
    #expect(result.status == .timedOut)
    #expect(result.text == "ready\n")
    #expect(HostProcesses.count(containing: marker) == 0)
  }

  @Test func `the end of its command ends everything in it`() async throws {
    let marker = HostProcesses.marker()
    let result = try await fixture.run("setsid sleep \(marker) & exit 3")
    #expect(result.status == .exited(3))
    #expect(HostProcesses.count(containing: marker) == 0)
  }

  @Test func `orphans are reaped`() async throws {
    let result = try await fixture.run("(sleep 0.1 &) ; sleep 0.5; grep -h '^State' /proc/[0-9]*/status")
    #expect(!result.text.contains("Z"))
    #expect(result.text.split(separator: "\n").count == 2)
  }

  @Test func `commands join it, and see the same processes, files and network`() async throws {
    let main = try await fixture.start("exec sleep 300.25")
    let first = try await main.run(SandboxCommand(["sh", "-c", "echo shared > /tmp/note; exit 4"]))
    #expect(first.status == .exited(4))
    var command = SandboxCommand(["sh", "-c", "cat /tmp/note; hostname; tr '\\0' ' ' < /proc/2/cmdline; id -u"])
    command.user = SandboxCommand.User(uid: 7, gid: 7)
    #expect(try await main.run(command).text == "shared\nsandbox\nsleep 300.25 7\n")
    let error = await #expect(throws: SandboxError.self) { try await main.run(SandboxCommand(["missing"])) }
    #expect(error?.path == "missing")

    let server = try await main.enter(
      SandboxCommand([
        "python3", "-c",
        "import socket; s = socket.create_server(('127.0.0.1', 8080)); s.accept()[0].sendall(b'served')",
      ]))
    let client = try await main.run(
      SandboxCommand([
        "python3", "-c",
        """
        import socket, time
        for _ in range(200):
            try: print(socket.create_connection(("127.0.0.1", 8080)).recv(9).decode()); break
            except ConnectionRefusedError: time.sleep(0.05)
        """,
      ]))
    #expect(client.text == "served\n")
    #expect(await server.wait().status == .exited(0))

    command = SandboxCommand(["sleep", "300"])
    command.timeout = .milliseconds(200)
    #expect(try await main.run(command).status == .timedOut)
    let last = try await main.enter(SandboxCommand(["sleep", "300"]))
    #expect(main.result == nil)
    main.kill()
    #expect(await main.wait().status == .signalled(SIGKILL))
    #expect(await last.wait().status == .signalled(SIGKILL))
  }

  @Test func `a sandbox without a command of its own waits for others`() async throws {
    var plan = fixture.plan([])
    plan.command = .idle
    let main = try await Sandbox.start(plan, stage: SandboxFixture.stage)
    #expect(try await main.run(SandboxCommand(["echo", "joined"])).text == "joined\n")
    #expect(main.result == nil)
    #expect(await main.stop(grace: .seconds(30)).status == .signalled(SIGTERM))
    plan.command.arguments = ["echo", "a program after all"]
    #expect(try await fixture.run(plan).text == "a program after all\n")
  }

  @Test func `signals reach the command`() async throws {
    let script = "trap 'echo got it; exit 5' USR1; echo ready; while :; do sleep 0.05; done"
    let main = try await fixture.startReady(fixture.plan(script))
    main.signal(SIGUSR1)
    let result = await main.wait()
    #expect(result.text == "ready\ngot it\n")
    #expect(result.status == .exited(5))
  }

  @Test func `a command that is asked to stop may take its time, but not more`() async throws {
    let loop = "echo ready; while :; do sleep 0.05; done"
    let polite = try await fixture.startReady(fixture.plan("trap 'exit 6' TERM; \(loop)"))
    #expect(await polite.stop(grace: .seconds(30)).status == .exited(6))
    let stubborn = try await fixture.startReady(fixture.plan("trap '' TERM; \(loop)"))
    #expect(await stubborn.stop(grace: .milliseconds(100)).status == .signalled(SIGKILL))
  }

  @Test func `an init is process 1 and is joined like any other`() async throws {
    var plan = fixture.plan("echo $$; read line; echo $line")
    plan.firstProcess = .command
    plan.command.input = .bytes(Array("input\n".utf8))
    #expect(try await fixture.run(plan).text == "1\ninput\n")
    plan = fixture.plan("trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done")
    plan.firstProcess = .command
    let main = try await fixture.startReady(plan)
    let seen = try await main.run(
      SandboxCommand(["sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline; echo 1 > /proc/sys/vm/drop_caches"]))
    #expect(seen.text.hasPrefix("sh -c trap"))
    #expect(!seen.status.isSuccess)
    #expect(await main.stop().status == .exited(9))
    #expect(try fixture.contents().contains(fixture.root + "/proc") == false)
  }

  @Test func `a cancelled task ends it`() async throws {
    let marker = HostProcesses.marker()
    let fixture = fixture
    let task = Task { try await fixture.run("exec sleep \(marker)").status }
    #expect(try await HostProcesses.wait(for: 1, containing: marker))
    task.cancel()
    #expect(try await task.value == .signalled(SIGKILL))
    #expect(HostProcesses.count(containing: marker) == 0)
  }

  @Test func `it ends with the last reference to it`() async throws {
    let marker = HostProcesses.marker()
    var process: SandboxProcess? = try await fixture.start("exec sleep \(marker)")
    #expect(HostProcesses.count(containing: marker) == 1)
    #expect(process?.result == nil)
    process = nil
    #expect(try await HostProcesses.wait(for: 0, containing: marker))
  }

  @Test func `a root that is written to has one sandbox at a time`() async throws {
    let first = try await fixture.start("exec sleep 300")
    let error = await #expect(throws: SandboxError.self) { try await fixture.run("true") }
    #expect(error?.hint?.contains("overlay") == true)
    var plan = fixture.plan("test -e /proc/self && echo apart")
    plan.root = .overlay(lower: [fixture.root], changes: .memory(limit: nil))
    #expect(try await fixture.run(plan).text == "apart\n")
    first.kill()
    _ = await first.wait()
    #expect(try await fixture.run("echo next").text == "next\n")
  }

  @Test func `many at once share a tree below overlays, and leave no descriptor open`() async throws {
    var plan = fixture.plan("echo $$ > /etc/marker; cat /etc/marker; sleep 0.1")
    plan.root = .overlay(lower: [fixture.root], changes: .memory(limit: nil))
    // Other suites open and close files meanwhile, so one calm round is enough: a leak shows in each.
    var kept: [Int] = []
    repeat {
      let before = try Files.list("/proc/self/fd").count
      let texts = try await withThrowingTaskGroup(of: String.self) { [fixture, plan] group in
        for _ in 0..<24 { group.addTask { try await fixture.run(plan).text } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(texts == [String](repeating: "2\n", count: 24))
      kept.append(try Files.list("/proc/self/fd").count - before)
    } while kept[kept.count - 1] >= 24 && kept.count < 8
    #expect(kept.contains { $0 < 24 }, "descriptors kept by each round of 24: \(kept)")
  }

  @Test func `nobody inside can write to the program it was started by`() async throws {
    let marker = HostProcesses.marker()
    let process = try await fixture.start("exec sleep \(marker)")
    let command = try #require(HostProcesses.all(containing: marker).first)
    let about = try Files.text("/proc/\(command)/status")
    let parent = try #require(about.split(separator: "\n").first { $0.hasPrefix("PPid:") })
    let supervisor = parent.dropFirst(5).filter { $0.isNumber }
    let program = open("/proc/\(supervisor)/exe", O_RDONLY | O_CLOEXEC)
    guard program >= 0 else {
      #expect(getuid() != 0, "an ordinary caller doesn't even get to read it")
      return
    }
    var status = statvfs()
    #expect(fstatvfs(program, &status) == 0)
    #expect(status.f_flag & UInt(ST_RDONLY) != 0)
    process.kill()
    _ = await process.wait()
    close(program)
  }

  @Test func `a caller that is killed takes everything with it`() async throws {
    let marker = HostProcesses.marker()
    let before = try fixture.contents()
    let caller = try spawnCaller(["sh", "-c", "setsid sleep \(marker) & exec sleep \(marker)"])
    #expect(try await HostProcesses.wait(for: 3, containing: marker))
    kill(caller, SIGKILL)
    waitpid(caller, nil, 0)
    #expect(try await HostProcesses.wait(for: 0, containing: marker))
    #expect(try Files.text("/proc/self/mountinfo").contains(fixture.root) == false)
    #expect(try fixture.contents() == before)
  }

  @Test func `an ordinary user has a sandbox as well`() async throws {
    let script = "id -u; id -g; touch /tmp/mine /new 2> /dev/null; stat -c %u /tmp/mine; hostname; cat /etc/marker"
    // A user who has no subordinate ids, and a root of his own.
    if getuid() == 0 {
      for path in [fixture.root] + (try fixture.contents()) { #expect(lchown(path, 65534, 65534) == 0) }
    }
    let user = getuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["env"]
    let arguments = [SandboxFixture.stage, fixture.root, "1000:100", "--", "sh", "-c", script]
    let result = try await Subprocess(user[0], Array(user.dropFirst()) + arguments).run()
    #expect(result.text == "1000\n100\n1000\nsandbox\noriginal\nexited with code 0\n", "\(result.errorText)")
  }

  /// Starts a program that starts a sandbox.
  private func spawnCaller(_ arguments: [String]) throws -> pid_t {
    let words = ([SandboxFixture.stage, fixture.root, "--"] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    #expect(posix_spawn(&process, SandboxFixture.stage, nil, nil, words + [nil], environ) == 0)
    return process
  }
}
