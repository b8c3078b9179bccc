import Building
import Host
import Images
import JSON
import OCI
import Sandbox

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

  /// How the second build went.
  struct Outcome {
    let first: Digest
    let second: Digest
    /// What differs, nothing if the digests are the same.
    let difference: ImageDifference
    /// Whether it was among other users, which takes more users than one.
    let isAmongOthers: Bool

    var isSame: Bool { first == second }

    private var report: DifferenceReport {
      DifferenceReport(first: first.description, second: second.description, difference: difference)
    }

    var text: String {
      let users = isAmongOthers ? "" : " (both by the same users, as others can't be had here)"
      return isSame
        ? "built twice, the same to the byte\(users)\n"
        : "built twice, not the same\(users): the second is \(second)\n" + report.text
    }

    var json: JSONValue {
      .object((report.json.members ?? []) + [JSONMember("otherUsers", .bool(isAmongOthers))])
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
    _ first: Image, prepare: (BuildCache) throws -> Void = { _ in }, words: (_ folder: String) -> [String]
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
      let (second, isApart) = try await build(words(twin), cache: other, temporary: place + "/tmp")
      guard second != first.digest else {
        return Outcome(
          first: first.digest, second: second, difference: ImageDifference(), isAmongOthers: isApart)
      }
      let image = try Image(manifest: second, in: cache.folder(.store))
      let difference = try await ImageComparison(first, image, ignoring: .none, cache: cache).run(explaining: true)
      return Outcome(first: first.digest, second: second, difference: difference, isAmongOthers: isApart)
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

  private func build(_ words: [String], cache: BuildCache, temporary: String) async throws -> (Digest, isApart: Bool) {
    var environment = Environment.all
    environment["DRYDOCK_CACHE"] = cache.path
    environment["TMPDIR"] = temporary
    environment[UserNamespace.apartVariable] = "1"
    environment["TZ"] = "Pacific/Auckland"
    environment["LC_ALL"] = "C"
    let result = try await Subprocess(
      "sh", ["-c", "umask 077 && exec \"$0\" \"$@\"", Environment.executablePath] + words, environment: environment
    ).run()
    guard result.status == 0 else {
      // The first build went well: what a Dockerfile says can't be wrong in itself.
      let status = ExitStatus(rawValue: result.status).map { $0 == .badInput ? .gateFailed : $0 } ?? .machine
      throw Failure(status, "the second build failed where the first did not:\n\(result.errorText.suffix(4000))")
    }
    guard let json = try? JSONValue(parsing: result.output), let text = json["digest"]?.string,
      let digest = try? Digest(parsing: text)
    else { throw Failure(.machine, "the second build did not say what it built", hint: "please report it") }
    return (digest, json["apart"]?.bool ?? false)
  }
}
