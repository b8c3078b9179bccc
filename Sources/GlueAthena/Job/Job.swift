import Host

/// A job that is ready to be started: the program, its words and its variables.
struct Job: Sendable {
  let program: String
  let arguments: [String]
  let environment: [String: String]

  /// A program, its words and its variables, as they are.
  init(program: String, arguments: [String], environment: [String: String]) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
  }

  /// Why a job can't be started.
  enum Failure: Error, Equatable, CustomStringConvertible {
    case missingFile(String)
    case missingSpark
    case missingJava
    case missingPython
    case missingCredentials(String)

    var description: String {
      switch self {
      case .missingFile(let path): "there is no file \(path)"
      case .missingSpark: "no Spark was found"
      case .missingJava: "no Java was found"
      case .missingPython: "no python3 was found"
      case .missingCredentials(let reason): reason
      }
    }

    var hint: String {
      switch self {
      case .missingFile: "the path is the one inside the container; was the directory mounted?"
      case .missingSpark: "set SPARK_HOME, or run a job that needs no Spark with --python"
      case .missingJava: "set JAVA_HOME"
      case .missingPython: "set PYSPARK_PYTHON, or add it to PATH"
      case .missingCredentials:
        "pass AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, mount ~/.aws readable for this user, or on EC2 give "
          + "--instance-metadata; --credentials skip starts the job all the same"
      }
    }
  }

  /// Works out how a target is started.
  ///
  /// A Python file goes through `spark-submit`: only then the JVM's settings and archives are in place before
  /// `GlueContext` asks for them. A module, and a file with `--python`, is started by the interpreter; a session that it
  /// makes starts a JVM which reads the same settings.
  init(
    _ options: RunOptions, layout: Layout, environment: [String: String], configuration: String
  ) throws(Failure) {
    func existing(_ path: String) throws(Failure) -> String {
      guard Files.isFile(path) else { throw .missingFile(path) }
      return path
    }
    guard let python = layout.python?.program else { throw .missingPython }
    switch options.target {
    case .module(let name):
      program = python
      arguments = ["-m", name] + options.arguments
    case .script(let path) where options.usesPythonAlone:
      program = python
      arguments = [try existing(path)] + options.arguments
    case .script(let path), .jar(let path):
      let file = try existing(path)
      guard let spark = layout.spark else { throw .missingSpark }
      guard layout.java != nil else { throw .missingJava }
      program = spark.submit
      arguments = (options.mainClass.map { ["--class", $0] } ?? []) + [file] + options.arguments
    }
    self.environment = environment.merging(["SPARK_CONF_DIR": configuration]) { $1 }
  }
}
