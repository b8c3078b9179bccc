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
  /// Cached file content in bytes that the kernel gives up before it kills.
  let reclaimable: Int?

  /// States what a group allows.
  init(
    memoryLimit: Int?, memoryUsage: Int? = nil, memoryPeak: Int? = nil, processorLimit: Double?,
    processorSet: Int? = nil, killedForMemory: Int? = nil, reclaimable: Int? = nil
  ) {
    self.memoryLimit = memoryLimit
    self.memoryUsage = memoryUsage
    self.memoryPeak = memoryPeak
    self.processorLimit = processorLimit
    self.processorSet = processorSet
    self.killedForMemory = killedForMemory
    self.reclaimable = reclaimable
  }

  /// The memory that can't be taken back, in bytes: what the kubelet calls the working set.
  var workingSet: Int? { memoryUsage.map { max(0, $0 - (reclaimable ?? 0)) } }

  /// The group that this process is in.
  init(of container: Container) {
    self.init(
      root: container.path("/sys/fs/cgroup"),
      membership: (try? Files.text(container.path("/proc/self/cgroup"), limit: 1 << 16)) ?? "")
  }

  /// Reads the group's files.
  ///
  /// - Parameters:
  ///   - root: Where the hierarchies are mounted. In most containers the own group is the root of what is seen there.
  ///   - membership: The text of `/proc/self/cgroup`, which leads to the own group where it is not the root.
  init(root: String, membership: String = "") {
    if Files.exists("\(root)/cgroup.controllers") {
      self.init(version2: Self.groups(below: root, Self.path(of: "", in: membership)))
    } else {
      func groups(_ controller: String) -> [String] {
        Self.groups(below: "\(root)/\(controller)", Self.path(of: controller, in: membership))
      }
      self.init(memory: groups("memory"), processors: groups("cpu"), sets: groups("cpuset"))
    }
  }

  /// The path of a controller's group: cgroups(7), "/proc/[pid]/cgroup".
  private static func path(of controller: String, in membership: String) -> String {
    for line in membership.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      if fields.count == 3, fields[1].split(separator: ",", omittingEmptySubsequences: false).contains(controller[...])
      {
        return String(fields[2])
      }
    }
    return "/"
  }

  /// The directories of a group and of those above it, innermost first.
  ///
  /// A container that sees its own group as the root is told the host's path all the same; what of it is not there is
  /// passed over.
  private static func groups(below root: String, _ path: String) -> [String] {
    guard let path = Path.contained(String(path.drop { $0 == "/" })) else { return [root] }
    var directories: [String] = []
    var directory = Path.join(root, path)
    while directory != root, let parent = Path.parent(directory) {
      if Files.isDirectory(directory) { directories.append(directory) }
      directory = parent
    }
    return directories + [root]
  }

  /// Linux's Documentation/admin-guide/cgroup-v2.rst, "Memory Interface Files" and "CPU Interface Files".
  private init(version2 groups: [String]) {
    let own = groups[0]
    memoryLimit = groups.compactMap { Self.bytes("\($0)/memory.max") }.min()
    memoryUsage = Self.bytes("\(own)/memory.current")
    memoryPeak = Self.bytes("\(own)/memory.peak")
    processorSet = Self.processors("\(own)/cpuset.cpus.effective")
    killedForMemory = Self.counter("oom_kill", "\(own)/memory.events")
    reclaimable = Self.counter("inactive_file", "\(own)/memory.stat")
    processorLimit =
      groups.compactMap { group in
        let quota = Self.text("\(group)/cpu.max").split(separator: " ").compactMap { Double($0) }
        return quota.count == 2 && quota[1] > 0 ? quota[0] / quota[1] : nil
      }.min()
  }

  /// Linux's Documentation/admin-guide/cgroup-v1/memory.rst and Documentation/scheduler/sched-bwc.rst.
  private init(memory: [String], processors: [String], sets: [String]) {
    let own = memory[0]
    memoryLimit = memory.compactMap { Self.bytes("\($0)/memory.limit_in_bytes") }.min()
    memoryUsage = Self.bytes("\(own)/memory.usage_in_bytes")
    memoryPeak = Self.bytes("\(own)/memory.max_usage_in_bytes")
    processorSet = Self.processors("\(sets[0])/cpuset.cpus")
    killedForMemory = Self.counter("oom_kill", "\(own)/memory.oom_control")
    reclaimable = Self.counter("total_inactive_file", "\(own)/memory.stat")
    processorLimit =
      processors.compactMap { group in
        guard let quota = Double(Self.text("\(group)/cpu.cfs_quota_us")), quota > 0,
          let period = Double(Self.text("\(group)/cpu.cfs_period_us")), period > 0
        else { return nil }
        return quota / period
      }.min()
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
