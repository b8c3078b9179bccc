import Glibc
import Host
import Sandbox
import TestSupport
import Testing

/// Attempts to get out of a sandbox, each a row: by root's sandbox, by that of a user with a range of others, and by that
/// of a user who is alone.
@Suite(.serialized) struct EscapeTests {
  /// One attempt: an expression in Python, and what it meets.
  ///
  /// The name of an error means that the system refused.
  struct Attempt: Sendable {
    let name: String
    let program: String
    let outcomes: Set<String>

    init(_ name: String, _ program: String, _ outcomes: String...) {
      self.name = name
      self.program = program
      self.outcomes = Set(outcomes)
    }
  }

  static let attempts: [Attempt] = [
    // The host's files
    .init("write to the host by its path", "open(OUTSIDE + '/made', 'w')", "ENOENT"),
    .init("write to the host by ..", "open('/' + '../' * 40 + OUTSIDE + '/made', 'w')", "ENOENT"),
    .init("write to the host through a link", "link(OUTSIDE + '/made', '/tmp/l') or open('/tmp/l', 'w')", "ENOENT"),
    .init("write to what is bound read-only", "open('/usr/made', 'w')", "EROFS"),
    .init("link a file of the host into the root", "os.link('/usr/bin/env', '/tmp/env')", "EXDEV", "EPERM"),
    .init("reach a directory that the caller has open", "os.listdir(9)", "EBADF"),
    .init("find a descriptor besides those of the streams", "descriptors()", "[]"),
    .init("list the root of the first process", "os.listdir('/proc/1/root')", "EACCES"),
    .init("list the directory of the first process", "os.listdir('/proc/1/cwd')", "EACCES"),
    .init("read the program of the first process", "open('/proc/1/exe')", "EACCES"),
    .init("open a handle of the host's root (shocker)", "shocker()", "EPERM"),
    .init("leave two roots by an open directory", "jail()", "False"),
    // Its devices
    .init("make a disk", "os.mknod('/tmp/disk', 0o600 | stat.S_IFBLK, os.makedev(254, 0))", "EPERM"),
    .init("make a memory device", "os.mknod('/dev/mem', 0o600 | stat.S_IFCHR, os.makedev(1, 1))", "EPERM"),
    .init("read the kernel's log", "open('/dev/kmsg')", "ENOENT"),
    .init("read the kernel's memory", "open('/proc/kcore').read(1)", "ENOENT", "''", "EACCES"),
    .init(
      "type into the caller's terminal", "fcntl.ioctl(os.open('/dev/tty', os.O_RDWR), termios.TIOCSTI, b'x')", "ENXIO"),
    .init("find file systems of the kernel", "os.listdir('/sys')", "ENOENT"),
    // Its processes
    .init("see a process of the host", "os.listdir('/proc/%d' % HOST)", "ENOENT"),
    .init("see more processes than its own", "[p for p in pids() if p not in (1, 2, os.getpid())]", "[]"),
    .init("signal a process of the host", "os.kill(HOST, 0)", "ESRCH"),
    .init("trace a process of the host", "call(101, 16, HOST, 0, 0)", "ESRCH"),
    .init("trace the first process", "call(101, 16, 1, 0, 0)", "EPERM"),
    .init("read memory of the first process", "open('/proc/1/mem', 'rb')", "EACCES"),
    .init("read memory of the first process by a call", "read_memory(1)", "EPERM"),
    .init("read the environment of the first process", "open('/proc/1/environ').read()", "EACCES"),
    .init("take a descriptor of the first process", "call(438, os.pidfd_open(1), 3, 0)", "EPERM"),
    .init("limit a process of the host", "resource.prlimit(HOST, resource.RLIMIT_NOFILE)", "ESRCH"),
    .init("slow a process of the host", "os.setpriority(os.PRIO_PROCESS, HOST, 19)", "ESRCH"),
    // Its network
    .init("reach another machine", "socket.create_connection(('192.0.2.1', 80), 5)", "ENETUNREACH"),
    .init("reach a server of the host", "socket.create_connection(('127.0.0.1', PORT), 5)", "ECONNREFUSED"),
    .init("reach an abstract socket of the host", "unix('\\0' + ABSTRACT)", "ECONNREFUSED"),
    .init("listen to the host's interfaces", "[i for _, i in socket.if_nameindex() if i != 'lo']", "[]"),
    .init("reach the hypervisor", "socket.socket(40, socket.SOCK_STREAM)", "EAFNOSUPPORT"),
    // Namespaces and mounts
    .init("enter the first process's mounts", "call(308, os.open('/proc/1/ns/mnt', 0), 0)", "EACCES"),
    .init("enter its own namespace", "call(308, os.open('/proc/self/ns/user', 0), 0)", "EPERM"),
    .init("enter a namespace by a process", "call(308, os.pidfd_open(1), 0x20000)", "EPERM"),
    .init("nest a user namespace", "call(272, 0x10000000)", "EPERM"),
    .init("nest a mount namespace", "call(272, 0x20000)", "EPERM"),
    .init("nest a user namespace by clone", "call(56, 0x10000000 | 17, 0, 0, 0, 0)", "EPERM"),
    .init("nest a user namespace by clone3", "call(435, b'\\0' * 64, 64)", "ENOSYS"),
    .init("mount a file system", "call(165, b'none', b'/tmp', b'tmpfs', 0, None)", "EPERM"),
    .init("make /proc writable", "call(165, b'none', b'/proc/sys', None, 0x1020, None)", "EPERM"),
    .init("uncover what is hidden", "call(166, b'/proc/keys', 2)", "EPERM"),
    .init("turn the root", "call(155, b'/', b'/tmp')", "EPERM"),
    .init("copy a mount", "call(428, -100, b'/', 1)", "EPERM"),
    .init("open a file system", "call(430, b'proc', 0)", "EPERM"),
    .init("rename the machine", "socket.sethostname('x')", "EPERM"),
    // The kernel
    .init("set the pattern of core dumps", "open('/proc/sys/kernel/core_pattern', 'w')", "EROFS"),
    .init("forward packets", "open('/proc/sys/net/ipv4/ip_forward', 'w')", "EROFS"),
    .init("press the system request key", "open('/proc/sysrq-trigger', 'w')", "EROFS", "ENOENT"),
    .init("use the host's keys", "call(250, 0, -3, 0)", "EPERM"),
    .init("add a key", "call(248, b'user', b'x', b'x', 1, -3)", "EPERM"),
    .init("load another kernel", "call(246, 0, 0, None, 0)", "EPERM"),
    .init("load another kernel from a file", "call(320, -1, -1, 0, None, 0)", "EPERM"),
    .init("load a module", "call(313, -1, b'', 0)", "EPERM"),
    .init("reboot", "call(169, 0xfee1dead, 672274793, 0, None)", "EPERM"),
    .init("set the clock", "time.clock_settime(time.CLOCK_REALTIME, 0)", "EPERM"),
    .init("load a filter", "call(321, 0, None, 0)", "EPERM"),
    .init("watch the processor", "call(298, None, 0, -1, -1, 0)", "EPERM"),
    .init("handle page faults", "call(323, 0)", "EPERM"),
    .init("pass the filter by a ring", "call(425, 1, None)", "EPERM"),
    .init("pass the filter by x32 calls", "call(0x40000000 + 39)", "ENOSYS"),
    .init("reach ports of the machine", "call(172, 3)", "EPERM"),
    // Privileges
    .init("gain privileges by a program", "status('NoNewPrivs')", "'1'"),
    .init("hold the privilege to mount", "int(status('CapBnd'), 16) >> 21 & 1", "0"),
    .init("hold the privilege to trace", "int(status('CapEff'), 16) >> 19 & 1", "0"),
    .init("dump core where the host wants it", "resource.getrlimit(resource.RLIMIT_CORE)", "(0, 0)"),
  ]

  private static let program = """
    import ctypes, errno, fcntl, os, resource, socket, stat, sys, termios, time
    OUTSIDE, HOST, PORT, ABSTRACT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    libc = ctypes.CDLL(None, use_errno=True)
    def call(*arguments):
        words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
        if libc.syscall(*words) < 0: raise OSError(ctypes.get_errno(), '')
        return 'done'
    def link(target, place): os.symlink(target, place)
    def pids(): return sorted(int(name) for name in os.listdir('/proc') if name.isdigit())
    def status(key):
        return next(l.split()[1] for l in open('/proc/self/status') if l.startswith(key + ':'))
    def unix(name):
        s = socket.socket(socket.AF_UNIX); s.connect(name); return 'connected'
    def descriptors():
        return [n for n in range(3, 256) if os.path.exists('/proc/self/fd/%d' % n)]
    def read_memory(process):
        local = ctypes.create_string_buffer(8)
        vector = (ctypes.c_void_p * 2)(ctypes.addressof(local), 8)
        return call(310, process, vector, 1, vector, 1, 0)
    def shocker():
        handle = ctypes.create_string_buffer(8 + 8)
        ctypes.memmove(handle, (8).to_bytes(4, 'little') + (1).to_bytes(4, 'little') + (2).to_bytes(8, 'little'), 16)
        return call(304, os.open('/', os.O_RDONLY), handle, 0)
    def jail():
        os.makedirs('/tmp/jail', exist_ok=True)
        top = os.open('/', os.O_RDONLY)
        os.chroot('/tmp/jail'); os.fchdir(top)
        for _ in range(40): os.chdir('..')
        os.chroot('.')
        return os.path.exists(OUTSIDE)
    for number, text in enumerate(sys.argv[5:]):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading); os.dup2(writing, 1); os.close(writing)
            try: outcome = repr(eval(text))
            except OSError as error: outcome = errno.errorcode.get(error.errno, str(error))
            except BaseException as error: outcome = repr(error)
            os.write(1, outcome.encode()); os._exit(0)
        os.close(writing)
        print(os.read(reading, 4096).decode().replace('\\n', ' '))
        os.close(reading); os.waitpid(child, 0)
    """

  @Test(arguments: [nil, OrdinaryUser.Means.subordinates, .alone])
  func `no attempt leads out`(_ means: OrdinaryUser.Means?) async throws {
    let fixture = try SandboxFixture()
    let outside = fixture.directory.path + "/outside"
    try Files.createDirectory(outside)
    try Files.createDirectory(fixture.directory.path + "/home")
    try Files.write("of the host\n", to: outside + "/file")
    let server = HTTPTestServer { _ in .text("the host") }
    defer { server.stop() }
    let abstract = "drydock-\(UInt64.random(in: 0...UInt64.max))"
    let settings = ["core_pattern", "hostname", "panic"].map { "/proc/sys/kernel/\($0)" }
    let before = try settings.map { try Files.text($0) }

    let arguments = [outside, String(getpid()), String(server.port), abstract] + Self.attempts.map(\.program)
    let stage = [SandboxFixture.stage, "--users", fixture.root, "--", "python3", "-I", "-c", Self.program] + arguments
    let user = try means.map { try OrdinaryUser.wrapper($0, in: fixture.directory.path) } ?? []
    let listener = try AbstractListener(abstract)
    defer { listener.close() }
    // The shell hands the directory on, as a build system may do with what it holds open.
    let result = try await Subprocess("sh", ["-c", "exec 9< \(outside); exec \"$@\"", "sh"] + user + stage).run()
    var lines = result.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines.suffix(2) == ["exited with code 0", ""], "\(result)")
    lines.removeLast(2)
    try #require(lines.count == Self.attempts.count, "\(lines)")
    for (attempt, outcome) in zip(Self.attempts, lines) {
      #expect(attempt.outcomes.contains(outcome), "\(attempt.name): \(outcome)")
    }
    #expect(try Files.list(outside) == ["file"])
    #expect(try Files.text(outside + "/file") == "of the host\n")
    #expect(server.requests.isEmpty)
    #expect(try settings.map { try Files.text($0) } == before)
  }
}

/// A socket of the host without a file.
private struct AbstractListener {
  private let number: Int32

  init(_ name: String) throws(SystemError) {
    number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.dropFirst().copyBytes(from: name.utf8) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, length) }
    }
    guard code == 0, listen(number, 1) == 0 else { throw SystemError("listen on", name) }
  }

  func close() { Glibc.close(number) }
}
