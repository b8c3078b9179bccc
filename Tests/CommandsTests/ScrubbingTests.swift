import Host
import TestSupport
import Testing

/// What commands leave by the way, and what of that is in a layer.
struct ScrubbingTests {
  private static let today = Clock.now / 86_400

  /// A file that a command wrote, and what the image has of it: nil for nothing.
  static let dirt: [(path: String, left: String?)] = [
    // Logs stay, empty: a program may need its own.
    ("/var/log/dpkg.log", ""), ("/var/log/apt/history.log", ""), ("/var/log/other/deep/x", ""), ("/var/logs/x", "x"),
    // What ldconfig, apt, dpkg and others can make again.
    ("/var/cache/ldconfig/aux-cache", nil), ("/var/cache/apt/pkgcache.bin", nil), ("/var/cache/apk/index", nil),
    ("/var/cache/own/deep/x", nil), ("/var/cache/debconf/config.dat", "x"), ("/var/cache/debconf/templates.dat", "x"),
    ("/var/cache/debconf/config.dat-old", nil), ("/var/lib/apt/lists/deb.debian.org_InRelease", nil),
    ("/var/lib/apt/extended_states", "x"), ("/var/lib/apt/extended_states-old", nil),
    ("/var/lib/dpkg/status", "x"), ("/var/lib/dpkg/status-old", nil), ("/var/lib/dpkg/diversions-old", nil),
    ("/var/lib/dpkg/lock", nil), ("/opt/lib/dpkg/status-old", "x"),
    // Caches in homes, whichever they are.
    ("/root/.cache/pip/http/a", nil), ("/home/u/.cache/pip/selfcheck.json", nil), ("/app/.cache/uv/x", nil),
    ("/root/.npm/_cacache/index-v5/x", nil), ("/root/.npm/_logs/debug.log", nil), ("/root/.cache/other/x", "x"),
    // Modules that Python compiled of what a command brought.
    ("/usr/lib/python3/p/__pycache__/m.cpython-311.pyc", nil), ("/app/m.pyc", "x"), ("/app/__pycache__/m.txt", "x"),
    // Backups and locks of the tools for users.
    ("/etc/passwd-", nil), ("/etc/shadow-", nil), ("/etc/subuid-", nil), ("/etc/.pwd.lock", nil), ("/etc/passwd", "x"),
    // What is one machine's.
    ("/etc/machine-id", ""), ("/var/lib/dbus/machine-id", nil), ("/var/lib/systemd/random-seed", nil),
  ]

  private func fixture(_ dockerfile: String) async throws -> ProgramFixture {
    let fixture = try ProgramFixture(["app/Dockerfile": "FROM scratch\nCOPY root /\n" + dockerfile])
    try await fixture.addPrograms(["busybox"], to: "app/root")
    return fixture
  }

  private func built(_ fixture: ProgramFixture, _ words: String...) async throws -> String {
    let outcome = try await fixture.run(["build", "app", "-q", "-o", "out"] + words)
    try #require(outcome.status == 0, "\(outcome)")
    return fixture.work + "/out"
  }

  private func text(_ path: String) -> String? { try? Files.text(path) }

  @Test func `caches, logs, backups and identities are in no layer, and the next command sees that`() async throws {
    let folders = Set(Self.dirt.compactMap { Path.parent($0.path) }).sorted().joined(separator: " ")
    let write =
      "busybox mkdir -p \(folders); for f in \(Self.dirt.map(\.path).joined(separator: " ")); do echo -n x > $f; done"
    let see = Self.dirt.map {
      "busybox test -e \($0.path) && echo \($0.path) $(busybox cat \($0.path) | busybox wc -c) >> /seen"
    }
    // A command that speaks of apt would keep its lists.
    let second = see.joined(separator: "; ").replacing("/apt/", with: "/a?t/")
    let fixture = try await fixture("RUN \(write)\nRUN \(second); true\n")
    let out = try await built(fixture)
    for (path, left) in Self.dirt { #expect(text(out + path) == left, "\(path)") }
    let seen = Self.dirt.compactMap { path, left in left.map { "\(path) \($0.utf8.count)\n" } }
    #expect(text(out + "/seen") == seen.joined())
    // Their directories stay, with what else they are.
    for (path, _) in Self.dirt { #expect(Files.isDirectory(out + (Path.parent(path) ?? "/"))) }
  }

  @Test func `without scrubbing all of it stays`() async throws {
    let files = ["/var/log/x", "/var/cache/y", "/__pycache__/m.pyc", "/etc/machine-id"]
    let fixture = try await fixture(
      "RUN busybox mkdir -p /var/log /var/cache /__pycache__ /etc; for f in \(files.joined(separator: " ")); do echo x > $f; done\n"
    )
    let out = try await built(fixture, "--no-scrub")
    for path in files { #expect(text(out + path) == "x\n", "\(path)") }
  }

  @Test func `lists of packages stay as long as a later command may install from them`() async throws {
    let fixture = try await fixture(
      """
      RUN busybox mkdir -p /var/lib/apt/lists && echo x > /var/lib/apt/lists/a
      RUN busybox test -s /var/lib/apt/lists/a && : apt-get install && echo x > /var/lib/apt/lists/b
      RUN busybox ls /var/lib/a?t/lists > /seen

      """)
    let out = try await built(fixture)
    #expect(text(out + "/seen") == "a\n")
  }

  @Test func `a password was set on the day of the epoch, whatever day it is`() async throws {
    let lines = ["root:*:\(Self.today):0:99999:7:::", "old:*:19000:0:99999:7:::", "new:!::::::", "force:*:0:0:::::"]
    let fixture = try await fixture(
      "RUN busybox mkdir -p /etc && busybox printf '\(lines.joined(separator: "\\n"))\\n' > /etc/shadow\n"
        + "RUN busybox cat /etc/shadow > /seen; busybox chmod 640 /etc/shadow\n")
    // 1980-01-01 is the day 3652.
    let expected = ["root:*:3652:0:99999:7:::"] + lines.dropFirst()
    let out = try await built(fixture)
    #expect(text(out + "/etc/shadow") == expected.map { $0 + "\n" }.joined())
    #expect(text(out + "/seen") == text(out + "/etc/shadow"))
  }

  @Test func `a compiled module of the base is not taken for that of a newer source`() async throws {
    let fixture = try await fixture(
      """
      RUN echo new > /lib/m.py; echo new > /lib/__pycache__/m.pyc; busybox rm /lib/__pycache__/n.pyc
      RUN busybox ls /lib/__pycache__ > /seen

      """)
    try Files.createDirectory(fixture.work + "/app/root/lib/__pycache__")
    for name in ["m", "n", "o"] { try Files.write("old\n", to: fixture.work + "/app/root/lib/__pycache__/\(name).pyc") }
    let out = try await built(fixture)
    #expect(try Files.list(out + "/lib/__pycache__") == ["o.pyc"])
    #expect(text(out + "/seen") == "o.pyc\n")
  }

  @Test func `times are those of SOURCE_DATE_EPOCH at most, and 1980-01-01 without`() async throws {
    let fixture = try await fixture("RUN echo x > /new && busybox touch -d @100000 /old\n")
    for (words, time) in [([], 315_532_800), (["--build-arg", "SOURCE_DATE_EPOCH=1700000000"], 1_700_000_000)] {
      try Files.remove(fixture.work + "/out")
      let outcome = try await fixture.run(["build", "app", "-q", "-o", "out"] + words)
      try #require(outcome.status == 0, "\(outcome)")
      #expect(try FileStatus(of: fixture.work + "/out/new").modified == time)
      #expect(try FileStatus(of: fixture.work + "/out/old").modified == 100_000)
    }
  }
}
