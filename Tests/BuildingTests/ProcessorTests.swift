import Building
import Glibc
import Host
import OCI
import Testing

/// Whose programs this machine runs.
struct ProcessorTests {
  private let foreign = Platform(os: "linux", architecture: Processor.own == "amd64" ? "arm64" : "amd64")

  /// Whether the kernel starts a program of a processor at all, found out with another program than Drydock's.
  private func starts(_ machine: UInt8, in folder: String) async throws -> Bool {
    var bytes = try Files.read(try #require(Environment.program("busybox")), limit: 1 << 26)
    // The processor in the header of an ELF file (System V ABI, `e_machine`).
    bytes[18...19] = [machine, 0]
    try Files.write(bytes, to: folder + "/program", mode: 0o755)
    do throws(SystemError) { _ = try await Subprocess(folder + "/program").run() } catch {
      return error.code != ENOEXEC
    }
    return true
  }

  @Test func `work for another processor is refused where nothing runs its programs`() async throws {
    let folder = try TemporaryDirectory()
    defer { folder.remove() }
    let runs = try await starts(foreign.architecture == "arm64" ? 183 : 62, in: folder.path)
    var failure: EmulationError?
    do { try await Processor.require(foreign, for: "it is tried", in: folder.path) } catch let error as EmulationError {
      failure = error
    }
    #expect((failure == nil) == runs)
    if let failure {
      #expect(
        failure.description
          == "this machine (\(Processor.own)) does not run programs of \(foreign), with which it is tried")
      #expect(failure.hint.contains("apt-get install qemu-user-static binfmt-support"))
    }
    // The program that it was tried with is gone.
    #expect(try Files.list(folder.path) == ["program"])
  }

  @Test func `this machine's own programs run, and of unknown ones nothing is said`() async throws {
    let folder = try TemporaryDirectory()
    defer { folder.remove() }
    for architecture in [Processor.own, "riscv64"] {
      try await Processor.require(
        Platform(os: "linux", architecture: architecture), for: "it is tried", in: folder.path)
    }
  }

  @Test(
    arguments: [
      ([0x7F, 0x45, 0x4C, 0x46, 2, 1], 183, "arm64"), ([0x7F, 0x45, 0x4C, 0x46, 2, 1], 62, "amd64"),
      ([0x7F, 0x45, 0x4C, 0x46, 2, 1], 9, "machine 9"), ([0x23, 0x21, 0x2F, 0x62, 0x69, 0x6E], 183, nil),
    ] as [([UInt8], UInt8, String?)])
  func `a runtime's header tells its processor`(_ start: [UInt8], _ machine: UInt8, _ expected: String?) throws {
    let folder = try TemporaryDirectory()
    defer { folder.remove() }
    let path = folder.path + "/glue-athena"
    try Files.write("sha256:\(String(repeating: "a", count: 64))\n", to: path + RuntimeBinary.inputsSuffix)
    for length in [18, 20, 64] {
      let bytes = start + [UInt8](repeating: 0, count: 12) + [machine, 0] + [UInt8](repeating: 0, count: 44)
      try Files.write(Array(bytes[..<length]), to: path)
      #expect(try RuntimeBinary(path: path).architecture == (length < 20 ? nil : expected))
    }
  }
}
