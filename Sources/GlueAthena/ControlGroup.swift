import Host

/// What the container's control group allows, by cgroup v2 or v1.
///
/// The numbers are the container's, not the machine's: a JVM that sizes itself by the machine is killed by the container.
struct ControlGroup: Equatable, Sendable {
  /// The most memory in bytes, nil without a limit.
  let memoryLimit: Int?
  /// The memory in use in bytes.
  let memoryUsage: Int?
  /// The most memory that was ever in use, in bytes.
  let memoryPeak: Int?
  /// Processors' worth of time, nil without a limit.
  let processorLimit: Double?
  /// How many processors the group may run on, nil when all.
  let processorSet: Int?
  /// How many processes the kernel killed for want of memory.
  let killedForMemory: Int?

  /// States what a group allows.
  init(
    memoryLimit: Int?, memoryUsage: Int? = nil, memoryPeak: Int? = nil, processorLimit: Double?,
    processorSet: Int? = nil, killedForMemory: Int? = nil
  ) {
    self.memoryLimit = memoryLimit
    self.memoryUsage = memoryUsage
    self.memoryPeak = memoryPeak
    self.processorLimit = processorLimit
    self.processorSet = processorSet
    self.killedForMemory = killedForMemory
  }

  /// Reads the group's files.
  ///
  /// - Parameter root: Where the hierarchies are mounted; in a container that is `/sys/fs/cgroup`, and the container's
  ///   own group is the root of what it sees.
  init(root: String) {
    if Files.exists("\(root)/cgroup.controllers") {
      self.init(version2: root)
    } else {
      self.init(version1: root)
    }
  }

  /// Linux's Documentation/admin-guide/cgroup-v2.rst, "Memory Interface Files" and "CPU Interface Files".
  private init(version2 root: String) {
    memoryLimit = Self.bytes("\(root)/memory.max")
    memoryUsage = Self.bytes("\(root)/memory.current")
    memoryPeak = Self.bytes("\(root)/memory.peak")
    processorSet = Self.processors("\(root)/cpuset.cpus.effective")
    killedForMemory = Self.counter("oom_kill", "\(root)/memory.events")
    let quota = Self.text("\(root)/cpu.max").split(separator: " ").map { Double($0) }
    if quota.count == 2, let time = quota[0], let period = quota[1], period > 0 {
      processorLimit = time / period
    } else {
      processorLimit = nil
    }
  }

  /// Linux's Documentation/admin-guide/cgroup-v1/memory.rst and Documentation/scheduler/sched-bwc.rst.
  private init(version1 root: String) {
    memoryLimit = Self.bytes("\(root)/memory/memory.limit_in_bytes")
    memoryUsage = Self.bytes("\(root)/memory/memory.usage_in_bytes")
    memoryPeak = Self.bytes("\(root)/memory/memory.max_usage_in_bytes")
    processorSet = Self.processors("\(root)/cpuset/cpuset.cpus")
    killedForMemory = Self.counter("oom_kill", "\(root)/memory/memory.oom_control")
    if let quota = Double(Self.text("\(root)/cpu/cpu.cfs_quota_us")), quota > 0,
      let period = Double(Self.text("\(root)/cpu/cpu.cfs_period_us")), period > 0
    {
      processorLimit = quota / period
    } else {
      processorLimit = nil
    }
  }

  private static func text(_ path: String) -> String {
    let text = (try? Files.text(path, limit: 1 << 16)) ?? ""
    return String(text.prefix { $0 != "\n" })
  }

  /// A number of bytes; version 2 says `max` and version 1 a number near 2^63 for no limit.
  private static func bytes(_ path: String) -> Int? {
    Int(text(path)).flatMap { $0 >= 1 << 60 ? nil : $0 }
  }

  private static func counter(_ name: String, _ path: String) -> Int? {
    for line in ((try? Files.text(path, limit: 1 << 16)) ?? "").split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == name { return Int(words[1]) }
    }
    return nil
  }

  /// How many numbers a list such as `0-3,8` holds.
  private static func processors(_ path: String) -> Int? {
    var count = 0
    for part in text(path).split(separator: ",") {
      let ends = part.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, last >= first else { return nil }
      count += last - first + 1
    }
    return count == 0 ? nil : count
  }
}
