extension Tuning {
  /// The driver's heap in MiB.
  ///
  /// In local mode the JVM does Spark's whole work, beside it live the Python driver with its pandas frames, one Python
  /// worker a task, Arrow's buffers outside the heap, and the JVM's own 200 to 300 MiB: four parts of ten up to 16 GiB,
  /// one of four of what is more.
  var heap: Int {
    let mebibytes = resources.memory >> 20
    let share =
      resources.memoryIsLimited
      ? min(min(mebibytes, 16 << 10) * 6 / 10 + max(0, mebibytes - 16 << 10) * 3 / 4, mebibytes - 512) : mebibytes / 4
    // Below 450 MiB Spark refuses to start; above 31 GiB the JVM's references double in size, which ZGC never minds.
    return min(max(share, 512), mayUseZGC ? Int.max : Self.largestCompressedHeap)
  }

  /// The largest heap in MiB whose references take four bytes.
  static let largestCompressedHeap = 31 << 10

  /// The settings of the driver's memory.
  var memory: [Choice] {
    let size = resources.memory >> 20
    let reason =
      if let profile, profile.memory == resources.memory {
        "of a \(profile.name) worker's \(size) MiB, the rest is for Python, Arrow's buffers and the JVM itself"
      } else if resources.memoryIsLimited {
        "of the container's \(size) MiB, the rest is for Python, Arrow's buffers and the JVM itself"
      } else {
        "a quarter of the machine's \(size) MiB, because the container sets no limit"
      }
    var choices = [
      Choice("spark.driver.memory", "\(heap)m", reason),
      Choice(
        "spark.driver.maxResultSize", "\(min(heap / 2, 4 << 10))m",
        "a collect() that is larger than half the heap fails with a sentence, and not by exhausting it"),
    ]
    if heap < 4 << 10 {
      choices.append(
        Choice("spark.ui.retainedTasks", "10000", "the web interface's memory of 100000 tasks would fill a small heap"))
    }
    return choices
  }

  /// The size in MiB to which adaptive execution joins partitions, a power of two; nil where Spark's own 64 fit.
  ///
  /// A task has its share of the six tenths of the heap that execution and storage have, less Spark's own 300 MiB. Rows
  /// that a sort holds take six to eight times what they take in a shuffle's file: ten million of them, in partitions of
  /// 64 MiB, spilled as much as was shuffled in a container of 2 GB.
  var advisoryPartition: Int? {
    let share = (heap - 300) * 6 / 10 / resources.processors
    let sizes = [8, 16, 32, 64]
    let size = sizes.last { $0 * 10 <= share } ?? sizes[0]
    return size == 64 ? nil : size
  }

  /// The settings of executors on a cluster; in local mode there are none, and nothing of this has an effect.
  var executors: [Choice] {
    guard profile != nil || !isLocal else { return [] }
    let cores = profile?.processors ?? resources.processors
    let heap = profile?.executorHeap ?? heap
    let overhead = profile?.executorOverhead ?? max(384, (resources.memory >> 20) - heap)
    let source =
      profile.map { "one executor a \($0.name) worker; AWS publishes no table, this is common practice" }
      ?? "an executor is taken to have as much as this container"
    return [
      Choice("spark.executor.cores", String(cores), source),
      Choice("spark.executor.memory", "\(heap)m", source),
      Choice(
        "spark.executor.memoryOverhead", "\(overhead)m", "\(source); room for Python and buffers outside the heap"),
      Choice(
        "spark.executor.extraJavaOptions", collector(heap: heap, processors: cores).options.joined(separator: " "),
        "as for the driver"),
    ]
  }

  // MARK: The JVM

  /// Whether the collector with short pauses is worth it: a generational one (Java 21), on a heap beyond compressed references.
  var mayUseZGC: Bool { (layout.java?.feature ?? 0) >= 21 && resources.memory >> 30 >= 64 }

  /// The options that choose a garbage collector, and why.
  private func collector(heap: Int, processors: Int) -> (options: [String], reason: String) {
    let feature = layout.java?.feature ?? 8
    if heap > Self.largestCompressedHeap, feature >= 21 {
      // JEP 439 and 474: the generational mode was an option before Java 23.
      let mode = feature < 23 ? ["-XX:+ZGenerational"] : []
      return (["-XX:+UseZGC"] + mode, "on a heap this large ZGC's pauses stay short")
    }
    guard processors > 1, heap >= 1024 else {
      return (["-XX:+UseSerialGC"], "with one processor or less than 1 GiB of heap the serial collector costs least")
    }
    // A job has no answer times to keep. G1 with smaller heaps: the parallel collector gives up where it gets hardly anything
    // back, and a heap that is nearly full is one where they are.
    if processors <= 2, (4 << 10)...(16 << 10) ~= heap {
      return (
        ["-XX:+UseParallelGC"],
        "with two processors the parallel collector leaves more of them to the job, whose pauses nobody waits for"
      )
    }
    if feature < 9 {
      return (
        ["-XX:+UseG1GC", "-XX:InitiatingHeapOccupancyPercent=35"],
        "Java \(feature) would choose the parallel collector, whose pauses grow with the heap, and G1 of its age starts late"
      )
    }
    return (["-XX:+UseG1GC"], "in small containers Java would choose its serial collector")
  }

  /// Options for the driver's JVM, after those of the image.
  var driverOptions: Choice? {
    let key = "spark.driver.extraJavaOptions"
    let own = image[key] ?? ""
    var options: [String] = []
    var reasons: [String] = []
    if own.firstRange(of: "GC") == nil {
      let collector = collector(heap: heap, processors: resources.processors)
      options += collector.options
      reasons.append(collector.reason)
    }
    // ZGC's heap is shared memory, which has a switch of its own.
    if offersHugePages, own.firstRange(of: "HugePages") == nil, own.firstRange(of: "ZGC") == nil,
      !options.contains("-XX:+UseZGC")
    {
      options.append("-XX:+UseTransparentHugePages")
      reasons.append("with pages of 2 MiB a sort or a join has fewer of them to look up")
    }
    if resources.processorsAreLimited, own.firstRange(of: "ActiveProcessorCount") == nil,
      layout.java?.countsProcessors ?? false
    {
      options.append("-XX:ActiveProcessorCount=\(resources.processors)")
      reasons.append("older Java does not see every kind of limit")
    }
    if own.firstRange(of: "OnOutOfMemoryError") == nil {
      // Spark takes the quotes away, Java gives the text to a shell.
      options.append("\"-XX:OnOutOfMemoryError=mkdir '\(directory.heapMark)'\"")
      options.append("-XX:+ExitOnOutOfMemoryError")
      reasons.append("a driver without memory ends at once, with exit code 3, and leaves a mark for the summary")
    }
    guard !options.isEmpty else { return nil }
    let value = ((own.isEmpty ? [] : [own]) + options).joined(separator: " ")
    return Choice(key, value, reasons.joined(separator: "; "))
  }
}
