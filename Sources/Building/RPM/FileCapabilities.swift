/// The capabilities of a file, from the text that a package has for them to the attribute that the kernel reads.
///
/// Specification: cap_from_text(3) for the text; Linux, include/uapi/linux/capability.h, `struct vfs_cap_data` of revision 2.
struct FileCapabilities: Hashable, Sendable {
  /// The attribute's name.
  static let attribute = "security.capability"

  private var permitted: UInt64 = 0
  private var inheritable: UInt64 = 0
  private var effective: UInt64 = 0

  /// The names in the order of their numbers.
  private static let names = [
    "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
    "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
    "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
    "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
    "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
    "checkpoint_restore",
  ]

  /// Reads clauses such as `cap_net_raw,cap_net_admin=ep`; nil when one is none.
  init?(parsing text: String) {
    for clause in text.split(separator: " ") {
      guard let start = clause.firstIndex(where: { "=+-".contains($0) }) else { return nil }
      var mask: UInt64 = 0
      let list = clause[..<start]
      if list.isEmpty || list == "all" {
        mask = (1 << UInt64(Self.names.count)) - 1
      } else {
        for name in list.split(separator: ",") {
          guard let number = Self.names.firstIndex(where: { "cap_\($0)" == name.lowercased() }) else { return nil }
          mask |= 1 << UInt64(number)
        }
      }
      guard apply(clause[start...], to: mask) else { return nil }
    }
  }

  private mutating func apply(_ actions: Substring, to mask: UInt64) -> Bool {
    var rest = actions
    while let sign = rest.popFirst() {
      let flags = rest.prefix { "eip".contains($0) }
      rest = rest[flags.endIndex...]
      guard rest.first.map({ "=+-".contains($0) }) ?? true, sign == "=" || !flags.isEmpty else { return false }
      if sign == "=" {
        permitted &= ~mask
        inheritable &= ~mask
        effective &= ~mask
      }
      func set(_ flag: Character, _ bits: inout UInt64) {
        if flags.contains(flag) { bits = sign == "-" ? bits & ~mask : bits | mask }
      }
      set("p", &permitted)
      set("i", &inheritable)
      set("e", &effective)
    }
    return true
  }

  /// The attribute's bytes: the revision with the flag for "effective", and permitted and inheritable in two halves.
  var bytes: [UInt8] {
    let words: [UInt32] = [
      0x0200_0000 | (effective != 0 ? 1 : 0), UInt32(truncatingIfNeeded: permitted),
      UInt32(truncatingIfNeeded: inheritable), UInt32(permitted >> 32), UInt32(inheritable >> 32),
    ]
    return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
  }
}
