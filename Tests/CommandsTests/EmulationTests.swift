import Host
import TestSupport
import Testing

/// Commands of another processor, where the machine has its emulation.
///
/// It is registered in a namespace of the test's own, which Linux has from 6.7 on, and gone with it.
@Suite struct EmulationTests {
  /// Registers qemu in a namespace of users that are this machine's, and runs words there.
  ///
  /// Linux, Documentation/admin-guide/binfmt-misc.rst; `P` keeps the name that a program is called by, `F` finds qemu once.
  private static let script = #"""
    unshare -U sleep 600 & N=$!
    for I in $(seq 500); do echo "0 0 65536" > /proc/$N/uid_map && break; sleep 0.01; done 2> /dev/null
    echo "0 0 65536" > /proc/$N/gid_map
    nsenter -t $N -U -S 0 -G 0 unshare -m sh -c '
      mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc &&
      printf "%s" "$0" > /proc/sys/fs/binfmt_misc/register && exec "$@"' "$@"
    S=$?; kill $N; exit $S
    """#
  private static let magic =
    #":drydock-test:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:"#
    + #"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:"#

  private static func wrapper() -> [String]? {
    Environment.program("qemu-aarch64-static").map { ["sh", "-c", script, "sh", "\(magic)\($0):PF"] }
  }

  /// Whether there is qemu, and a kernel that takes it in a namespace.
  static func isPossible() async throws -> Bool {
    guard let wrapper = wrapper() else { return false }
    return try await Subprocess(wrapper[0], Array(wrapper.dropFirst()) + ["true"]).run().status == 0
  }

  /// A program for arm64 that writes a word into `/made`, and ends with 0.
  static let program: [UInt8] = {
    func little(_ value: UInt64, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
    }
    // openat(AT_FDCWD, "/made", O_WRONLY | O_CREAT, 0644), write(that, "arm64\n", 6), exit(0)
    let code: [UInt32] = [
      0x9280_0C60, 0x1000_0181, 0xD280_0822, 0xD280_3483, 0xD280_0708, 0xD400_0001, 0x1000_0121, 0xD280_00C2,
      0xD280_0808, 0xD400_0001, 0xD280_0000, 0xD280_0BA8, 0xD400_0001,
    ]
    let body = code.flatMap { little(UInt64($0), 4) } + Array("/made\0\0\0arm64\n".utf8)
    let (start, size) = (UInt64(0x40_0000), UInt64(120 + body.count))
    // The header of the file, and one of a segment with all of it (System V ABI, "ELF-64 Object File Format").
    let header: [(UInt64, Int)] = [
      (0x0001_0102_464C_457F, 8), (0, 8), (2, 2), (183, 2), (1, 4), (start + 120, 8), (64, 8), (0, 8), (0, 4), (64, 2),
      (56, 2), (1, 2), (0, 2), (0, 2), (0, 2),
      (1, 4), (5, 4), (0, 8), (start, 8), (start, 8), (size, 8), (size, 8), (0x1000, 8),
    ]
    return header.flatMap { little($0.0, $0.1) } + body
  }()

  @Test(.enabled("qemu-user-static and Linux 6.7 or newer are needed") { try await Self.isPossible() })
  func `a command of another processor runs where it is emulated`() async throws {
    let wrapper = try #require(Self.wrapper())
    let fixture = try ProgramFixture(["app/Dockerfile": "FROM scratch\nCOPY program /program\nRUN [\"/program\"]\n"])
    try Files.write(Self.program, to: fixture.work + "/app/program")
    try Files.changeMode(fixture.work + "/app/program", 0o755)
    let words = ["build", "app", "-q", "--platform", "linux/arm64"]
    let built = try await fixture.run(words + ["-o", "root"], under: wrapper)
    #expect(built.status == 0, "\(built)")
    #expect(try Files.text(fixture.work + "/root/made") == "arm64\n")
    let again = try await fixture.run(words + ["--no-cache"], under: wrapper)
    #expect(again == built)
    // What was emulated once needs no emulation to be used.
    #expect(try await fixture.run(words) == built)
    // Nothing is registered outside, where it is refused as ever.
    let outside = try await fixture.run(words + ["--no-cache"])
    #expect(outside.status == 4 && outside.errors.contains("need its emulation here"), "\(outside)")
  }
}
