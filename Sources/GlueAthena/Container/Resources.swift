import Host

/// The memory and processors that a job may use, and where the numbers come from.
struct Resources: Equatable, Sendable {
  /// Memory in bytes.
  let memory: Int
  /// Whether the memory is a limit of the container's own, not just what the machine has.
  let memoryIsLimited: Bool
  /// Whole processors, at least one.
  let processors: Int
  /// Whether the processors are fewer than the machine's because the container says so.
  let processorsAreLimited: Bool

  /// Takes the container's limits where there are any, else the machine's size.
  init(group: ControlGroup, machineMemory: Int, machineProcessors: Int) {
    if let limit = group.memoryLimit, limit < machineMemory {
      memory = limit
      memoryIsLimited = true
    } else {
      memory = machineMemory
      memoryIsLimited = false
    }
    // A limit of 1.5 processors runs two tasks at a time: rounding down would leave a third of it unused.
    let quota = group.processorLimit.map { Int($0.rounded(.up)) } ?? machineProcessors
    processors = max(1, min(quota, group.processorSet ?? machineProcessors, machineProcessors))
    processorsAreLimited = processors < machineProcessors
  }

  /// What a worker of a profile has, or what is left of it in a smaller container.
  func limited(to profile: WorkerProfile) -> Resources {
    Resources(
      memory: min(memory, profile.memory), memoryIsLimited: memoryIsLimited || profile.memory < memory,
      processors: min(processors, profile.processors),
      processorsAreLimited: processorsAreLimited || profile.processors < processors)
  }

  private init(memory: Int, memoryIsLimited: Bool, processors: Int, processorsAreLimited: Bool) {
    self.memory = memory
    self.memoryIsLimited = memoryIsLimited
    self.processors = processors
    self.processorsAreLimited = processorsAreLimited
  }

  /// The resources of a container.
  static func detect(in container: Container) -> Resources {
    Resources(
      group: ControlGroup(of: container),
      machineMemory: machineMemory(container.path("/proc/meminfo")), machineProcessors: Environment.processorCount)
  }

  /// The `MemTotal` line of `/proc/meminfo` in bytes.
  private static func machineMemory(_ path: String) -> Int {
    let text = (try? Files.text(path, limit: 1 << 16)) ?? ""
    for line in text.split(separator: "\n") where line.hasPrefix("MemTotal:") {
      if let kilobytes = Int(line.split(separator: " ")[1]) { return kilobytes << 10 }
    }
    return 4 << 30
  }
}
