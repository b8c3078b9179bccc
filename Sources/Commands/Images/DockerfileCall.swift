import Building
import Dockerfiles
import HTTP
import Host
import Layers
import OCI
import Recording
import Registry
import Sandbox

/// A Dockerfile as a command is told to build it; what `build` and `vendor` share.
struct DockerfileCall {
  let context: String
  let path: String
  let dockerfile: DockerfileBuildOptions
  var compression: LayerCompression?
  var vendor: String?
  let cache: BuildCache
  let copier: ImageCopier
  let output: OutputOptions
  let progress: Progress

  /// Where what commands fetched is written down.
  var lockPath: String { path + ".lock" }

  /// Reads the file and the options.
  func prepare() async throws -> (build: DockerfileBuild, file: [UInt8], platforms: [Platform]) {
    guard Files.isDirectory(context) else { throw Failure(.badInput, "\(context) is no folder to build from") }
    let platforms = try dockerfile.platforms()
    let bytes = try Failure.reading(path) { path throws(SystemError) in try Files.read(path, limit: 16 << 20) }
    let definition = try BuildDefinition(try Dockerfile(parsing: bytes))
    var options = try dockerfile.options(context: Path.absolute(context), dockerfile: path)
    try Self.setEpoch(of: definition, &options)
    options.isSerial = Reproduction.isSecond
    options.compression = compression ?? .gzip
    options.recorded = try NetworkLock(file: lockPath)
    if let vendor {
      guard !options.recordsNetwork else {
        throw Failure(
          .badInput, "--record and --vendor exclude each other", hint: "record first, and run 'drydock vendor' again")
      }
      options.vendored = try await VendoredSources(vendor, cache: cache, progress: progress).bringIntoStore()
    }
    let build = try DockerfileBuild(
      definition, options: options, copier: copier,
      http: HTTPClient(configuration: HTTPConfiguration(environment: Environment.all)), cache: cache,
      progress: progress, cacheSources: try dockerfile.cacheFrom.map(Build.cachePlace)
    ) { [output] step, line in
      if output.verbose { output.note("\(step) | \(line)") }
    } warn: { [output] text in
      output.note("warning: \(text)")
    }
    return (build, bytes, platforms)
  }

  /// Takes the time of the image from an argument of the file, unless the build was told one.
  private static func setEpoch(of definition: BuildDefinition, _ options: inout DockerfileOptions) throws {
    guard options.arguments["SOURCE_DATE_EPOCH"] == nil else { return }
    for (argument, position) in definition.globalArguments where argument.name == "SOURCE_DATE_EPOCH" {
      guard let text = argument.value, !text.isEmpty, !text.contains("$") else { continue }
      guard let seconds = Int(text), seconds >= 0 else {
        throw DockerfileError(at: position, "SOURCE_DATE_EPOCH is no number of seconds: \(text)")
      }
      options.epoch = seconds
    }
  }

  /// Tells what goes wrong with its place in the file.
  func located<Result>(_ work: () async throws -> Result) async throws -> Result {
    do { return try await work() } catch let error as DockerfileError {
      throw Failure(.badInput, "\(path):\(error)", hint: error.hint)
    } catch let error as RunRefusal {
      throw Failure(
        error.isMissingCommand ? .badInput : .machine, "\(path):\(error.position): \(error)", hint: error.hint)
    } catch let error as RunFailure {
      let shown = ([error.output] + error.refusals.map { "not answered: \($0)" }).filter { !$0.isEmpty }
        .map { "\n" + $0 }.joined()
      throw Failure(
        error.lacksUsers ? .machine : .badInput, "\(path):\(error.position): \(error)\(shown)", hint: error.hint)
    } catch let error as RunRecordingFailure {
      let failure = Failure(error.cause)
      throw Failure(failure.status, "\(path):\(error.position): \(failure.message)", hints: failure.hints)
    }
  }
}

extension DockerfileBuildOptions {
  /// The Dockerfile that is meant, or nil when a folder's `image.yaml` is.
  func path(in folder: String) throws -> String? {
    if let file {
      guard Files.isFile(file) else { throw Failure(.badInput, "\(file) is no file") }
      return file
    }
    if Files.isFile("\(folder)/\(ImageFolder.specName)") {
      guard !isUsed else {
        throw Failure(
          .badInput, "\(folder) has an \(ImageFolder.specName); those options belong to a build from a Dockerfile",
          hint: "name the Dockerfile with -f")
      }
      return nil
    }
    return ["Dockerfile", "Containerfile", "dockerfile"].map { "\(folder)/\($0)" }.first(where: Files.isFile)
  }
}
