import Host
import JSON
import Testing

@testable import GlueAthena

/// What is made of Spark's event log.
struct SparkTests {
  private static let events = [
    #"{"Event":"SparkListenerLogStart","Spark Version":"3.5.4"}"#,
    #"{"Event":"SparkListenerApplicationStart","App Name":"a","App ID":"local-7","Timestamp":1,"User":"glue"}"#,
    #"{"Event":"SparkListenerJobStart","Job ID":0,"Stage IDs":[0]}"#,
    #"{"Event":"SparkListenerStageSubmitted","Stage Info":{"Stage ID":0}}"#,
    #"{"Event":"SparkListenerTaskStart","Stage ID":0}"#,
    #"{"Event":"SparkListenerTaskEnd","Stage ID":0,"Task End Reason":{"Reason":"Success"},"Task Metrics":"#
      + #"{"Executor Run Time":1500,"JVM GC Time":20,"Peak Execution Memory":4096,"Disk Bytes Spilled":10,"#
      + #""Input Metrics":{"Bytes Read":100,"Records Read":5},"Output Metrics":{"Bytes Written":7,"Records Written":2},"#
      + #""Shuffle Write Metrics":{"Shuffle Bytes Written":30,"Shuffle Records Written":3}}}"#,
    #"{"Event":"SparkListenerStageExecutorMetrics","Executor Metrics":{"JVMHeapMemory":9000}}"#,
    #"{"Event":"SparkListenerStageCompleted","Stage Info":{"Stage ID":0,"Stage Name":"count at a.py:3","#
      + #""Number of Tasks":1,"Submission Time":1000,"Completion Time":3500}}"#,
    #"{"Event":"SparkListenerJobEnd","Job ID":0,"Job Result":{"Result":"JobSucceeded"}}"#,
  ]

  private func apply(_ lines: [String], to metrics: inout SparkMetrics) {
    for line in lines { metrics.apply(Array(line.utf8)[...]) }
  }

  @Test func `events are counted, and an ended stage is told once`() {
    var metrics = SparkMetrics()
    apply(Self.events, to: &metrics)
    #expect(metrics.application == "local-7")
    #expect(
      metrics.json.text()
        == #"{"jobs":{"succeeded":1,"failed":0},"stages":{"succeeded":1,"failed":0},"tasks":{"succeeded":1,"failed":0},"#
        + #""read":{"rows":5,"bytes":100},"written":{"rows":2,"bytes":7},"shuffled":{"rows":3,"bytes":30},"#
        + #""spilledBytes":10,"peakHeapBytes":9000,"peakTaskBytes":4096,"taskSeconds":1.500,"collectorSeconds":0.020}"#)
    #expect(metrics.takeNews().map(\.text) == ["stage 0 (count at a.py:3): 1 task in 2.500 s, 10 rows, 137 B"])
    #expect(metrics.takeNews().isEmpty)
    #expect(metrics.firstError == nil)
  }

  @Test(arguments: [
    "", "{", "null", #"{"Event":"#, #"{"Event":"SparkListenerTaskEnd""#, #"{"Event":"SparkListenerTaskEnd"}"#,
    #"{"Event":"SparkListenerStageCompleted","Stage Info":7}"#, #"{"Event":"of.another.Spark","x":[1,2"#,
    #"{"Other":1,"Event":"SparkListenerJobStart"}"#,
  ])
  func `a line that says nothing known changes nothing but a count`(line: String) {
    var metrics = SparkMetrics()
    metrics.apply(Array(line.utf8)[...])
    #expect(metrics.jobs == SparkMetrics.Count())
    #expect(metrics.read == SparkMetrics.Volume())
  }

  static let errors: [(end: String, brief: String, failed: Int)] = [
    (
      #"{"Reason":"ExceptionFailure","Class Name":"org.apache.spark.api.python.PythonException","Description":"#
        + #""Traceback (most recent call last):\n  File \"a.py\", line 1\n    x\nZeroDivisionError: by zero\n"}"#,
      "ZeroDivisionError: by zero", 1
    ),
    (
      #"{"Reason":"ExceptionFailure","Class Name":"java.io.IOException","Description":"disk\nfull"}"#,
      "java.io.IOException: disk", 1
    ),
    (
      #"{"Reason":"ExecutorLostFailure","Executor ID":"1","Loss Reason":"killed by YARN"}"#,
      "ExecutorLostFailure: killed by YARN", 1
    ),
    (#"{"Reason":"FetchFailed"}"#, "FetchFailed", 1),
    (#"{"Reason":"TaskKilled","Kill Reason":"another attempt succeeded"}"#, "", 0),
  ]

  @Test(arguments: errors) func `the first error is told in one line`(
    example: (end: String, brief: String, failed: Int)
  ) {
    var metrics = SparkMetrics()
    apply([#"{"Event":"SparkListenerTaskEnd","Stage ID":0,"Task End Reason":\#(example.end)}"#], to: &metrics)
    #expect(metrics.tasks.failed == example.failed)
    #expect(metrics.firstError ?? "" == example.brief)
    let last = #"{"Event":"SparkListenerJobEnd","Job Result":{"Result":"JobFailed","Exception":{"Message":"later"}}}"#
    apply([last], to: &metrics)
    #expect(metrics.firstError == (example.brief.isEmpty ? "later" : example.brief))
  }

  @Test func `a log is followed in pieces, through its new name, and given back to the disk`() throws {
    let directory = try TemporaryDirectory(prefix: "glue-athena-tests")
    var log = EventLog(in: directory.path, isOurs: true)
    var metrics = SparkMetrics()
    let text = Self.events.joined(separator: "\n") + "\n"
    let running = directory.path + "/local-7.inprogress"
    let file = try FileHandle(writing: running, .truncate)
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      try file.write(Array(rest.prefix(97)))
      rest = rest.dropFirst(97)
      log.read(into: &metrics)
    }
    #expect(metrics.jobs.succeeded == 1)
    #expect(metrics.read.rows == 5)
    // What was read is holes now, which read as zeros; the file is as long as Spark believes.
    #expect(try file.size() == text.utf8.count)
    try Files.rename(running, to: directory.path + "/local-7")
    try file.write(Array((Self.events[2] + "\n").utf8))
    log.read(into: &metrics)
    log.read(into: &metrics)
    #expect(metrics.jobs.started == 2)
    #expect(metrics.read.rows == 5)
  }

  @Test func `of somebody else's directory only what is new is read, and nothing is changed`() throws {
    let directory = try TemporaryDirectory(prefix: "glue-athena-tests")
    try Files.write(Self.events.joined(separator: "\n") + "\n", to: directory.path + "/local-1")
    var log = EventLog(in: directory.path, isOurs: false)
    var metrics = SparkMetrics()
    log.read(into: &metrics)
    #expect(metrics == SparkMetrics())
    let text = Self.events.joined(separator: "\n") + "\n"
    try Files.write(text, to: directory.path + "/local-2.inprogress")
    log.read(into: &metrics)
    #expect(metrics.jobs.succeeded == 1)
    #expect(try Files.text(directory.path + "/local-2.inprogress") == text)
  }

  // MARK: Where the log is

  static let places: [(settings: [SparkSetting], directory: String?)] = [
    ([], "/run/events"),
    ([SparkSetting("spark.eventLog.enabled", "false")], "/run/events"),
    (
      [SparkSetting("spark.eventLog.dir", "file:///var/log/spark"), SparkSetting("spark.eventLog.enabled", "true")],
      "/var/log/spark"
    ),
    ([SparkSetting("spark.eventLog.dir", "/var/log/spark")], nil),
    ([SparkSetting("spark.eventLog.enabled", "true")], "/tmp/spark-events"),
    ([SparkSetting("spark.eventLog.enabled", "true"), SparkSetting("spark.eventLog.dir", "s3a://logs/x")], nil),
    ([SparkSetting("spark.eventLog.enabled", "true"), SparkSetting("spark.eventLog.compress", "true")], nil),
  ]

  @Test(arguments: places)
  func `an event log that is kept elsewhere stays there`(place: (settings: [SparkSetting], directory: String?)) {
    let tuning = Tuning(
      resources: Resources(
        group: ControlGroup(memoryLimit: nil, processorLimit: nil), machineMemory: 4 << 30, machineProcessors: 1),
      layout: Layout(kind: .other, python: nil, java: nil, spark: nil), command: place.settings,
      directory: RunDirectory(path: "/run"))
    #expect(tuning.eventDirectory == place.directory)
  }
}
