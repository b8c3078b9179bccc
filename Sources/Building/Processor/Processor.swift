private import Glibc
internal import Host
public import OCI

/// The processor of this machine, and whose programs it can run.
public enum Processor {
  /// This machine's processor, in Go's word.
  public static var own: String {
    #if arch(arm64)
      "arm64"
    #else
      "amd64"
    #endif
  }

  /// What is installed for programs of another processor, where the kernel knows nobody who runs them.
  static func hint(for platform: Platform) -> String {
    "programs of \(platform) need its emulation here (binfmt_misc): apt-get install qemu-user-static binfmt-support"
  }

  /// Refuses work that needs programs of a platform that this machine can't run; it costs a program that ends at once.
  ///
  /// Where no such program is known, it is found out by the first real one.
  ///
  /// - Parameters:
  ///   - work: What would be done, for example `the scripts of Debian packages are run`.
  ///   - folder: An existing folder for the program; it has to be on a file system that programs may be run from.
  /// - Throws: ``EmulationError``, or what writing the program throws.
  public static func require(_ platform: Platform, for work: String, in folder: String) async throws {
    guard platform.architecture != own, let program = programs[platform.architecture] else { return }
    let workspace = try TemporaryDirectory(in: folder, prefix: "probe")
    defer { workspace.remove() }
    let path = workspace.path + "/program"
    try Files.write(program, to: path, mode: 0o755)
    // A process that is just being started by somebody else in here may still hold the file open for writing.
    for _ in 0..<100 {
      do throws(SystemError) {
        if try await Subprocess(path).run().status == 0 { return }
        throw SystemError("run", path, code: ENOEXEC)
      } catch {
        if error.code == ENOEXEC { throw EmulationError(platform: platform, work: work) }
        // Whatever else is wrong, real programs will tell.
        guard error.code == ETXTBSY else { return }
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Programs that end at once with exit code 0, by processor.
  private static let programs: [String: [UInt8]] = [
    // mov $60, %eax; xor %edi, %edi; syscall
    "amd64": program(machine: 62, code: [0xB8, 0x3C, 0x00, 0x00, 0x00, 0x31, 0xFF, 0x0F, 0x05]),
    // mov x8, #93; mov x0, #0; svc #0
    "arm64": program(
      machine: 183, code: [0xA8, 0x0B, 0x80, 0xD2, 0x00, 0x00, 0x80, 0xD2, 0x01, 0x00, 0x00, 0xD4]),
  ]

  /// A file in ELF's 64-bit form with one segment, which is all of it.
  ///
  /// Specification: System V ABI, "ELF Header", "Program Header"; the number of a machine is `e_machine`.
  private static func program(machine: UInt16, code: [UInt8]) -> [UInt8] {
    let (start, header): (UInt64, UInt64) = (0x40_0000, 120)
    let size = header + UInt64(code.count)
    var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
    func add<Number: FixedWidthInteger>(_ numbers: Number...) {
      for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
    }
    // Type, machine, version; entry, program headers, sections; flags; sizes and counts.
    add(UInt16(2), machine)
    add(UInt32(1))
    add(start + header, UInt64(64), UInt64(0))
    add(UInt32(0))
    add(UInt16(64), UInt16(56), UInt16(1), UInt16(64), UInt16(0), UInt16(0))
    // Loaded (1), to be read and run (5): offset, addresses, sizes, alignment.
    add(UInt32(1), UInt32(5))
    add(UInt64(0), start, start, size, size, UInt64(0x10000))
    return bytes + code
  }
}

/// Work that needs programs of a processor that nothing here runs.
public struct EmulationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What the programs are for.
  public let platform: Platform
  /// What they would do.
  let work: String

  /// What is wrong, in one sentence.
  public var description: String {
    "this machine (\(Processor.own)) does not run programs of \(platform), with which \(work)"
  }

  /// What to do about it.
  public var hint: String { Processor.hint(for: platform) }
}
