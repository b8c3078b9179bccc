import Glibc
import Host
import Sandbox
import TestSupport
import Testing

@Suite(.serialized) struct `What a sandbox keeps in` {
  let fixture: SandboxFixture

  init() throws { fixture = try SandboxFixture() }

  @Test func `it has its own hostname, which resolves`() async throws {
    var plan = fixture.plan(
      "hostname; cat /etc/hostname; getent hosts job-7; getent hosts localhost; cat /etc/resolv.conf")
    plan.hostname = "job-7"
    let result = try await fixture.run(plan)
    #expect(
      result.text
        == "job-7\njob-7\n127.0.0.1       localhost job-7\n::1             localhost ip6-localhost ip6-loopback\n")
    plan.hosts = "192.0.2.1\tother\n"
    plan.resolver = "nameserver 192.0.2.53\n"
    let changed = try await fixture.run(plan)
    #expect(changed.text == "job-7\njob-7\nnameserver 192.0.2.53\n")
  }

  @Test func `a port of its loopback is served from outside, and is nobody else's`() async throws {
    var plan = fixture.python(
      """
      import socket
      with socket.create_connection(("127.0.0.1", 3128)) as client:
          client.sendall(b"question")
          print(client.recv(100).decode(), end="")
      try: socket.create_server(("127.0.0.1", 3128))
      except OSError as error: print("", error.errno)
      """)
    plan.listeningPort = 3128
    let process = try await Sandbox.start(plan, stage: SandboxFixture.stage)
    let listener = try #require(process.listener)
    let question = await BlockingPool.run { () -> String in
      let connection = accept(listener.number, nil, nil)
      defer { close(connection) }
      var bytes = [UInt8](repeating: 0, count: 100)
      let count = recv(connection, &bytes, bytes.count, 0)
      _ = send(connection, "answer", 6, Int32(MSG_NOSIGNAL))
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
    #expect(question == "question")
    #expect(await process.wait().text == "answer \(EADDRINUSE)\n")
    // Without a port there is no socket, and on the host's network none either.
    for (network, port) in [(SandboxPlan.Network.none, nil), (.host, 3128)] as [(SandboxPlan.Network, UInt16?)] {
      var plan = fixture.plan("true")
      (plan.network, plan.listeningPort) = (network, port)
      let process = try await Sandbox.start(plan, stage: SandboxFixture.stage)
      #expect(process.listener == nil)
      _ = await process.wait()
    }
  }

  @Test func `it reaches no network, but itself`() async throws {
    let server = HTTPTestServer { _ in .text("the host") }
    defer { server.stop() }
    let result = try await fixture.run(
      fixture.python(
        """
        import socket, threading
        def connect(address):
            try: socket.create_connection(address, timeout=5).close()
            except OSError as error: return type(error).__name__ + " " + str(error.errno)
            return "connected"
        print(connect(("192.0.2.1", 80)))
        print(connect(("127.0.0.1", \(server.port))))
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=lambda: listener.accept()[0].sendall(b"hello")).start()
        print(socket.create_connection(listener.getsockname()).recv(5).decode())
        print([line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]])
        try: print(socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))
        except OSError as error: print("vsock", error.errno)
        """))
    #expect(result.errorText == "")
    #expect(
      result.text == "OSError 101\nConnectionRefusedError 111\nhello\n['lo']\nvsock \(EAFNOSUPPORT)\n")
    #expect(server.requests.isEmpty)
  }

  @Test func `the host's network is there when the plan says so`() async throws {
    let server = HTTPTestServer { _ in .text("the host") }
    defer { server.stop() }
    var plan = fixture.python(
      "import urllib.request as r; print(r.urlopen('http://127.0.0.1:\(server.port)/').read().decode())")
    plan.network = .host
    #expect(try await fixture.run(plan).text == "the host\n")
  }

  @Test func `it sees none of the host's processes`() async throws {
    let result = try await fixture.run("for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done")
    let lines = result.text.split(separator: "\n").filter { !$0.hasPrefix("sh ") && !$0.hasPrefix("tr ") }
    #expect(lines == ["drydock-sandbox "])
  }

  @Test func `what it writes below a read-only mount or root fails`() async throws {
    var plan = fixture.plan("touch /usr/x /x; echo $?")
    #expect(try await fixture.run(plan).text == "1\n")
    #expect(Files.exists(fixture.root + "/x"))
    try Files.remove(fixture.root + "/x")
    plan.root = .directory(fixture.root, writable: false)
    let error = await #expect(throws: SandboxError.self) { try await fixture.run(plan) }
    #expect(error?.hint?.contains("make it first") == true)
    for name in ["proc", "dev"] { try Files.createDirectory(fixture.root + "/" + name) }
    for name in ["hosts", "hostname", "resolv.conf"] { try Files.write("", to: fixture.root + "/etc/" + name) }
    #expect(try await fixture.run(plan).text == "1\n")
    #expect(!Files.exists(fixture.root + "/x"))
  }

  @Test func `device nodes that it makes open nothing`() async throws {
    let result = try await fixture.run(
      fixture.python(
        """
        import os, stat
        for path in ("/made", "/tmp/made", "/dev/made", "/dev/shm/made"):
            try:
                os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
                os.open(path, os.O_RDWR)
                print("opened", path)
            except PermissionError: print("refused")
        open("/dev/null", "w").write("x")
        print(len(open("/dev/urandom", "rb").read(4)), os.openpty() != None)
        """))
    #expect(result.text == "refused\nrefused\nrefused\nrefused\n4 True\n", "\(result.errorText)")
  }

  @Test func `no way out by the first process, by chroot or by namespaces`() async throws {
    let outside = fixture.directory.path
    let result = try await fixture.run(
      fixture.python(
        """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        def attempt(name, action):
            try: print(name, action())
            except OSError as error: print(name, "refused" if error.errno in (1, 13, 38) else error)
        attempt("root", lambda: os.listdir("/proc/1/root"))
        attempt("exe", lambda: os.open("/proc/1/exe", os.O_RDONLY))
        attempt("cwd", lambda: os.listdir("/proc/1/cwd"))
        attempt("memory", lambda: os.open("/proc/1/mem", os.O_RDWR))
        def call(*arguments):
            if libc.syscall(*arguments) < 0: raise OSError(ctypes.get_errno(), "")
            return "done"
        attempt("setns", lambda: call(308, os.open("/proc/self/ns/mnt", os.O_RDONLY), 0))
        attempt("unshare", lambda: call(272, 0x10000000))
        attempt("clone3", lambda: call(435, None, 0))
        attempt("mount", lambda: call(165, b"none", b"/tmp", b"tmpfs", 0, None))
        attempt("open_tree", lambda: call(428, -100, b"/", 1))
        attempt("keyctl", lambda: call(250, 0, -3, 0))
        attempt("bpf", lambda: call(321, 0, None, 0))
        attempt("open_by_handle_at", lambda: call(304, -100, None, 0))
        os.mkdir("/tmp/jail")
        top = os.open("/", os.O_RDONLY)
        os.chroot("/tmp/jail")
        os.fchdir(top)
        for _ in range(30): os.chdir("..")
        os.chroot(".")
        print(os.path.exists("\(outside)"), os.path.exists("/etc/marker"))
        """))
    let names = [
      "root", "exe", "cwd", "memory", "setns", "unshare", "clone3", "mount", "open_tree", "keyctl", "bpf",
      "open_by_handle_at",
    ]
    let expected = names.map { "\($0) refused\n" }.joined() + "False True\n"
    #expect(result.text == expected, "\(result.errorText)")
  }

  static let settings = [
    "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches", "/proc/sys/kernel/core_pattern",
    "/proc/sys/net/ipv4/ip_forward",
  ]

  @Test(arguments: settings) func `the kernel's settings can't be written`(_ path: String) async throws {
    let result = try await fixture.run("echo 1 > \(path)")
    #expect(!result.status.isSuccess)
    #expect(result.errorText.contains("Read-only file system"))
  }

  static let links: [(link: String, target: String, place: String)] = [
    ("evil", "OUTSIDE", "/evil/made"), ("evil", "../../../../../../../../../../OUTSIDE", "/evil/made"),
    ("etc/evil", "/../../OUTSIDE/made", "/etc/evil"), ("one", "OUTSIDE", "/usr/../one/made"),
  ]

  @Test(arguments: links) func `a link in the root leads no mount out of it`(
    _ row: (link: String, target: String, place: String)
  ) async throws {
    let outside = fixture.directory.path + "/outside"
    try Files.createDirectory(outside)
    var target = row.target
    if let range = target.utf8.firstIndex(of: UInt8(ascii: "O")) { target.replaceSubrange(range..., with: outside) }
    if row.target.hasSuffix("/made") { target += "/made" }
    try Files.link(fixture.root + "/" + row.link, to: target)
    var plan = fixture.plan("cat \(row.place)")
    plan.mounts.append(SandboxPlan.Mount(row.place, .file("inside")))
    #expect(try await fixture.run(plan).text == "inside")
    #expect(try Files.list(outside).isEmpty)
    #expect(!Files.exists(outside + "/made"))
  }

  @Test func `an overlay leaves the lower tree as it was`() async throws {
    let before = try fixture.contents()
    var plan = fixture.plan("echo changed > /etc/marker; rm -r /tmp; mkdir /new; chown 5:6 /new; cat /etc/marker")
    plan.root = .overlay(lower: [fixture.root], changes: .memory(limit: 1 << 20))
    #expect(try await fixture.run(plan).text == "changed\n")
    #expect(try fixture.contents() == before)
    #expect(try Files.text(fixture.root + "/etc/marker") == "original\n")

    let changes = fixture.directory.path + "/changes"
    try Files.createDirectory(changes)
    plan.root = .overlay(lower: [fixture.root], changes: .directory(changes))
    #expect(try await fixture.run(plan).text == "changed\n")
    #expect(try fixture.contents() == before)
    #expect(try Files.text(changes + "/upper/etc/marker") == "changed\n")
    #expect(Files.isDirectory(changes + "/upper/new"))
  }

  @Test func `the uppermost of several trees wins`() async throws {
    let upper = fixture.directory.path + "/upper, with: signs"
    try Files.createDirectory(upper + "/etc")
    try Files.write("upper\n", to: upper + "/etc/marker")
    var plan = fixture.plan("cat /etc/marker")
    plan.root = .overlay(lower: [upper, fixture.root], changes: .memory(limit: nil))
    #expect(try await fixture.run(plan).text == "upper\n")
  }

  @Test func `limits on everything together hold, or are an error that says why not`() async throws {
    var plan = fixture.python(
      """
      import os, time
      try:
          for _ in range(40):
              if os.fork() == 0: time.sleep(60)
      except OSError as error: print(error.errno)
      """)
    plan.processLimit = 20
    do {
      #expect(try await fixture.run(plan).text == "\(EAGAIN)\n")
    } catch let error as SandboxError {
      #expect(error.stage == .limits)
      return
    }
    plan = fixture.python("held = bytearray(300_000_000); print(len(held))")
    plan.memoryLimit = 100_000_000
    #expect(try await fixture.run(plan).status == .signalled(SIGKILL))
    plan.memoryLimit = 600_000_000
    #expect(try await fixture.run(plan).text == "300000000\n")
  }

  @Test func `what was made to mount on goes, what the command made stays`() async throws {
    let before = try fixture.contents()
    var plan = fixture.plan("mkdir /kept; touch /mnt/deep/inside; echo x > /etc/written")
    plan.mounts.append(SandboxPlan.Mount("/mnt/deep", .memory(limit: 1 << 16)))
    #expect(try await fixture.run(plan).status.isSuccess)
    let after = Set(try fixture.contents())
    #expect(after == Set(before + [fixture.root + "/kept", fixture.root + "/etc/written"]))
  }
}
