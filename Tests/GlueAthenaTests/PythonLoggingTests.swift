import Host
import JSON
import Testing

@testable import GlueAthena

/// The Python side of the log, run by a real interpreter.
struct PythonLoggingTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory(prefix: "glue-athena-tests")
    try Files.createDirectory(directory.path + "/python")
    try Files.write(PythonLogging.text, to: directory.path + "/python/" + PythonLogging.fileName)
  }

  private func run(
    _ program: String, format: LogFormat = .json, level: LogLevel = .info, path: String = ""
  ) throws -> Subprocess.Result {
    let place = RunDirectory(path: directory.path)
    let logs = LogSettings(format: format, level: level, identity: RunIdentity(job: "daily", run: "jr_1"))
    var variables = logs.variables(place)
    variables["PYTHONPATH"] = place.python + path
    variables["PATH"] = "/usr/bin:/bin"
    return try Subprocess("/usr/bin/python3", ["-c", program], environment: variables).runBlocking()
  }

  private func lines(_ result: Subprocess.Result) throws -> [JSONValue] {
    try result.errorText.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
  }

  @Test func `lines are JSON with the job, the run and the application`() throws {
    try Files.write("local-1\n", to: RunDirectory(path: directory.path).application)
    let result = try run(
      """
      import logging, warnings
      logging.getLogger("mine").info("%s ships", 3)
      logging.getLogger("mine").debug("not written")
      logging.getLogger("botocore.auth").info("noise")
      logging.getLogger("botocore.auth").warning("trouble")
      warnings.warn("old")
      try:
          1 / 0
      except ZeroDivisionError:
          logging.exception("failed")
      """)
    let lines = try lines(result)
    #expect(lines.map { $0["message"]?.string?.split(separator: "\n").first ?? "" }[0...1] == ["3 ships", "trouble"])
    #expect(lines.map { $0["level"]?.string } == ["INFO", "WARN", "WARN", "ERROR"])
    #expect(lines.map { $0["logger"]?.string } == ["mine", "botocore.auth", "py.warnings", "root"])
    #expect(lines.last?["error"]?.string?.hasSuffix("ZeroDivisionError: division by zero") == true)
    for line in lines {
      #expect(line["job"]?.string == "daily" && line["run"]?.string == "jr_1")
      #expect(line["application"]?.string == "local-1")
      #expect(line["time"]?.string?.count == 24)
    }
  }

  @Test func `an exception that nobody caught is one line, too, and ends with 1`() throws {
    let result = try run("raise ValueError('a\\nb')")
    let line = try #require(try lines(result).first)
    #expect(result.status == 1)
    #expect(line["level"]?.string == "FATAL")
    #expect(line["message"]?.string == "ValueError: a")
    #expect(line["error"]?.string?.hasSuffix("ValueError: a\nb") == true)
  }

  @Test func `text has the same parts`() throws {
    let result = try run("import logging; logging.getLogger('mine').error('no')", format: .text)
    #expect(result.errorText.hasSuffix("Z ERROR [daily jr_1 -] mine: no\n"))
  }

  @Test func `a job that sets up its log has its way, and the image's own module is run`() throws {
    try Files.createDirectory(directory.path + "/own")
    try Files.write("print('own')\n", to: directory.path + "/own/sitecustomize.py")
    let program = "import logging; logging.basicConfig(format='%(message)s', force=True); logging.error('mine')"
    let result = try run(program, path: ":" + directory.path + "/own")
    #expect(result.text == "own\n")
    #expect(result.errorText == "mine\n")
    #expect(try run("import logging; logging.error('mine')", format: .image).errorText == "ERROR:root:mine\n")
  }

  /// What makes the loader of archives that of Python 3.9, which knows neither of the two.
  private static let oldLoader = """
    import zipimport
    def absent(self): raise AttributeError
    zipimport.zipimporter.exec_module = zipimport.zipimporter.create_module = property(absent)

    """

  @Test(arguments: ["", oldLoader])
  func `the application's name is told to both sides when a context has started`(_ prelude: String) throws {
    // A Spark of a few lines, imported from an archive as the real one is.
    try Files.write(
      """
      import zipfile
      with zipfile.ZipFile("\(directory.path)/pyspark.zip", "w") as archive:
          archive.writestr("pyspark/__init__.py", "from pyspark.context import SparkContext\\nimport pyspark.other\\n")
          archive.writestr("pyspark/other.py", "")
          archive.writestr("pyspark/context.py", '''
      class System:
          @staticmethod
          def setProperty(name, value):
              print(name, value)
      class Java: pass
      class SparkContext:
          applicationId = "local-9"
          _jvm = Java()
          def __init__(self):
              self._jvm.java = Java()
              self._jvm.java.lang = Java()
              self._jvm.java.lang.System = System
              self._do_init("a", b="b")
          def _do_init(self, *args, **kwargs):
              print(args, kwargs)
      ''')
      """, to: directory.path + "/make.py")
    #expect(try Subprocess("/usr/bin/python3", [directory.path + "/make.py"]).runBlocking().status == 0)
    let result = try run(
      prelude + "import pyspark, logging; pyspark.SparkContext(); logging.warning('up')",
      path: ":\(directory.path)/pyspark.zip")
    #expect(result.text == "('a',) {'b': 'b'}\n\(LogSettings.applicationProperty) local-9\n")
    #expect(try lines(result).first?["application"]?.string == "local-9")
  }
}
