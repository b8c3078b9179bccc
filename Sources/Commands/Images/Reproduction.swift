import Building
import Host
import Images
import JSON
import OCI
import Sandbox
import Synchronization

/// Builds an image a second time, apart from the first: from a copy of its folder at another path, with other times, owners
/// and order of files, into another cache, in another second, under another time zone, language and umask, among other users,
/// with its stages one by one.
///
/// What is accepted by hash alone is shared, which are downloads and the store; whatever a build makes is made again.
struct Reproduction {
  let folder: String
  let cache: BuildCache
  let progress: Progress

  /// Whether this process is such a second build.
  static var isSecond: Bool { Environment[UserNamespace.apartVariable] != nil }

  /// What such a second build says of its users.
  static var apart: JSONValue? { isSecond ? .bool(UserNamespace.isApart) : nil }

  /// What was built: an image, or an index with one for each platform.
  struct Built {
    let digest: Digest
    let images: [(platform: Platform?, image: Image)]

    init(digest: Digest, images: [(platform: Platform?, image: Image)]) {
      self.digest = digest
      self.images = images
    }

    init(_ image: Image) { self.init(digest: image.digest, images: [(nil, image)]) }
  }

  /// How the second build went.
  struct Outcome {
    let first: Digest
    let second: Digest
    /// Whether it was among other users, which takes more users than one.
    let isAmongOthers: Bool
    /// What differs, of each image that does.
    var differences: [(platform: Platform?, report: DifferenceReport)] = []

    var isSame: Bool { first == second }

    var text: String {
      let users = isAmongOthers ? "" : " (both by the same users, as others can't be had here)"
      if isSame { return "built twice, the same to the byte\(users)\n" }
      return "built twice, not the same\(users): the second is \(second)\n"
        + differences.map { platform, report in (platform.map { "\($0)\n" } ?? "") + report.text }.joined()
    }

    var json: JSONValue {
      let users = JSONMember("otherUsers", .bool(isAmongOthers))
      if let (platform, report) = differences.first, platform == nil {
        return .object((report.json.members ?? []) + [users])
      }
      let platforms = differences.map { JSONMember($0.platform?.description ?? "", $0.report.json) }
      return .object([
        JSONMember("first", .string(first.description)), JSONMember("second", .string(second.description)),
        JSONMember("same", .bool(isSame)), users, JSONMember("platforms", .object(platforms)),
      ])
    }
  }

  /// What the two builds share: content that is accepted by hash alone.
  private static let shared: [BuildCache.Folder] = [.debian, .rpm, .maven, .python, .index, .store]

  /// Builds again, and explains each difference.
  ///
  /// - Parameters:
  ///   - prepare: Makes the other cache ready.
  ///   - words: The words after `drydock` for a build of the folder that is given.
  func run(
    _ first: Built, prepare: (BuildCache) throws -> Void = { _ in }, words: (_ folder: String) -> [String]
  ) async throws -> Outcome {
    try await progress.during("build again") {
      let work = try cache.workspace()
      let place = "\(work.path)/another place"
      let other = try otherCache(place + "/cache")
      try prepare(other)
      let twin = place + "/folder"
      try await BlockingPool.run { [folder, cache] in
        try FolderTwin.make(
          of: folder, at: twin, excluding: [try Files.resolve(cache.path)], owner: UserNamespace.outsider(Self.owner))
      }
      try Files.createDirectory(place + "/tmp")
      try await Self.nextSecond()
      let second = try await build(words(twin), cache: other, temporary: place + "/tmp")
      var outcome = Outcome(first: first.digest, second: second.digest, isAmongOthers: second.isApart)
      for (platform, image) in first.images {
        let digest = platform.map { second.platforms["\($0)"] } ?? second.digest
        guard let digest, digest != image.digest else { continue }
        let other = try Image(manifest: digest, in: cache.folder(.store))
        let difference = try await ImageComparison(image, other, ignoring: .none, cache: cache).run(explaining: true)
        let report = DifferenceReport(
          first: image.digest.description, second: digest.description, difference: difference)
        outcome.differences.append((platform, report))
      }
      return outcome
    }
  }

  /// The owner of the copied files: one that no ordinary file has.
  private static let owner: UInt32 = 54_321

  private func otherCache(_ path: String) throws -> BuildCache {
    let other = try BuildCache(path: path)
    for kind in Self.shared {
      try Files.remove(other.folder(kind))
      try Files.link(other.folder(kind), to: try Files.resolve(cache.folder(kind)))
    }
    return other
  }

  /// A build that writes the time must not be taken for one that does not because both fell into one second.
  private static func nextSecond() async throws {
    let now = Clock.now
    while Clock.now == now { try await Task.sleep(for: .milliseconds(20)) }
  }

  private func build(_ words: [String], cache: BuildCache, temporary: String) async throws -> Second {
    var environment = Environment.all
    environment["DRYDOCK_CACHE"] = cache.path
    environment["TMPDIR"] = temporary
    environment[UserNamespace.apartVariable] = "1"
    environment["TZ"] = "Pacific/Auckland"
    environment["LC_ALL"] = "C"
    let output = temporary + "/output.json"
    let lines = Mutex<[String]>([])
    let ending = try await Subprocess(
      "sh", ["-c", "umask 077 && exec \"$0\" \"$@\" > \"$DRYDOCK_OUTPUT\"", Environment.executablePath] + words,
      environment: environment.merging(["DRYDOCK_OUTPUT": output]) { $1 }
    ).run { line in
      lines.withLock { lines in
        if lines.count == Self.shownLines { lines.removeFirst() }
        lines.append(line)
      }
    }
    if ending.isInterrupted { try Interruption.pass(on: ending.status) }
    guard ending.status == 0 else {
      // The first build went well: what a Dockerfile says can't be wrong in itself.
      let status = ExitStatus(rawValue: ending.status).map { $0 == .badInput ? .gateFailed : $0 } ?? .machine
      let tail = lines.withLock { $0.joined(separator: "\n") }
      throw Failure(status, "the second build failed where the first did not:\n\(tail)")
    }
    guard let text = try? Files.read(output, limit: 1 << 26), let json = try? JSONValue(parsing: text),
      let digest = Self.digest(json)
    else { throw Failure(.machine, "the second build did not say what it built", hint: "please report it") }
    var second = Second(digest: digest, isApart: json["apart"]?.bool ?? false)
    for platform in json["platforms"]?.members ?? [] { second.platforms[platform.name] = Self.digest(platform.value) }
    return second
  }

  /// How much of what a failed build says is shown.
  private static let shownLines = 40

  private static func digest(_ json: JSONValue) -> Digest? {
    json["digest"]?.string.flatMap { try? Digest(parsing: $0) }
  }

  /// What the second build said of itself.
  private struct Second {
    let digest: Digest
    let isApart: Bool
    /// The images of an index.
    var platforms: [String: Digest] = [:]
  }
}
