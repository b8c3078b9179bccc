import Building
import Dockerfiles
import HTTP
import Host
import JSON
import OCI
import Registry

/// Pins a Dockerfile: from what it leaves open to the same file with the answers in it.
struct DockerfilePin {
  let path: String
  let options: DockerfilePinOptions
  let list: RequirementListOptions
  let workplace: Workplace

  /// Pins the file in its place, or prints what would change.
  func pin(output: OutputOptions) async throws {
    let platforms = try list.platforms()
    let bytes = try Failure.reading(path) { path throws(SystemError) in try Files.read(path, limit: 1 << 22) }
    let file: Dockerfile
    do { file = try Dockerfile(parsing: bytes) } catch {
      throw Failure(.badInput, "\(path):\(error.position): \(error.message)", hint: error.hint)
    }
    let pinning = DockerfilePinning(file)
    var notes = pinning.notes.map { "\(path):\($0.position): \($0.text)" }
    var answers = DockerfilePinning.Answers()
    answers.images = try await digests(of: pinning.images)
    answers.packages = try await versions(for: pinning.systemInstalls, on: platforms, &notes)
    let lists = try await requirements(for: pinning.pythonInstalls, &notes)
    for (position, list) in lists { answers.requirements[position] = list.name }
    for address in pinning.addresses { answers.addresses[address] = try await digest(of: address) }
    let pinned = pinning.pinned(with: answers)
    let text = String(decoding: pinned, as: UTF8.self)
    let patch = UnifiedDiff(from: String(decoding: bytes, as: UTF8.self), to: text, name: path).text
    if !options.diff {
      for (_, list) in lists { try Files.write(list.text, to: Path.join(Path.parent(path) ?? ".", list.name)) }
      if pinned != bytes { try Files.write(pinned, to: path) }
    }
    for note in notes { output.note("note: \(note)") }
    output.print(
      text: options.diff ? patch : patch.isEmpty ? "\(path): unchanged\n" : "\(path): pinned\n",
      json: .object([
        "path": .string(path), "changed": .bool(pinned != bytes), "patch": .string(patch),
        "files": .strings(options.diff ? [] : lists.map(\.1.name).sorted()), "notes": .strings(notes),
      ]))
  }

  // MARK: Images and addresses

  private func digests(of images: [String]) async throws -> [String: Digest] {
    var digests: [String: Digest] = [:]
    for image in images {
      let reference = try Reference(argument: image)
      digests[image] = try await workplace.progress.during("ask for \(image)") {
        try await workplace.copier().manifest(of: .registry(reference)).descriptor.digest
      }
    }
    return digests
  }

  /// The digest of what an address serves, of which nothing is kept.
  private func digest(of address: String) async throws -> Digest {
    let workspace = try workplace.cache.workspace()
    return try await workplace.progress.during("download \(address)") {
      let url = try Failure.argument("ADD") { () throws(HTTPURL.ParseError) in try HTTPURL(parsing: address) }
      return try await HTTPClient(configuration: workplace.httpConfiguration).download(
        HTTPRequest(.get, url), to: "\(workspace.path)/file", expecting: nil, progress: nil
      ).digest
    }
  }
}
