import ArgumentParser
import Building
import HTTP
import Host
import Images
import OCI
import Registry

/// Options of all commands that may talk to a registry.
struct RegistryOptions: ParsableArguments {
  @Flag(help: "Use no network; only this machine and what is in the store.")
  var offline = false

  @Option(help: ArgumentHelp("Repeat a request that failed for a moment so often.", valueName: "count"))
  var retryTimes: Int?

  @Option(help: ArgumentHelp("Take a transfer for broken that stands still for so long.", valueName: "seconds"))
  var stallTimeout: Int?

  func validate() throws {
    if let retryTimes, !(0...100).contains(retryTimes) { throw ValidationError("--retry-times is 0 to 100") }
    if let stallTimeout, !(1...3600).contains(stallTimeout) { throw ValidationError("--stall-timeout is 1 to 3600") }
  }

  /// How the registries are reached that this machine is configured for.
  func configuration() throws -> RegistryConfiguration {
    var configuration = try RegistryConfiguration(environment: Environment.all)
    configuration.isOffline = offline
    if let retryTimes { configuration.http.retry.attempts = retryTimes + 1 }
    if let stallTimeout { configuration.stall = .seconds(stallTimeout) }
    return configuration
  }

  /// What moves images, and tells what registries warn of.
  func copier(_ progress: ProgressLine) throws -> ImageCopier {
    var configuration = try configuration()
    configuration.warn = progress.warn
    return ImageCopier(
      client: RegistryClient(configuration: configuration), store: try Self.store(), progress: progress.progress,
      environment: Environment.all)
  }

  /// The store that all commands share.
  static func store() throws -> ContentStore {
    try ContentStore(at: try BuildCache(path: Environment["DRYDOCK_CACHE"]).folder(.store))
  }
}

/// Options that say how much of an image is meant.
struct SelectionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Take this platform's image out of an index.", valueName: "os/arch"))
  var platform: String?

  @Flag(help: "Take an index whole, with all its platforms.")
  var all = false

  @Flag(help: "Take signatures, attestations and all else that refers to the image along.")
  var referrers = false

  func validate() throws {
    if all && platform != nil { throw ValidationError("--all and --platform exclude each other") }
    _ = try Self.platform(platform)
  }

  var selection: ImageCopier.Selection {
    get throws {
      var selection = ImageCopier.Selection(platform: try Self.platform(platform))
      selection.takesAll = all
      selection.takesReferrers = referrers
      return selection
    }
  }

  static func platform(_ text: String?) throws -> Platform {
    guard let text else { return .linuxAMD64 }
    do { return try Platform(argument: text, own: Processor.own) } catch { throw ValidationError("\(error)") }
  }
}

extension Reference {
  /// Reads a name of an image in a registry from the command line.
  init(argument text: String) throws {
    let name = text.hasPrefix("docker://") ? text.dropFirst(9) : text[...]
    do { try self.init(parsing: name) } catch { throw Failure(.badInput, "'\(text)': \(error)") }
  }
}
