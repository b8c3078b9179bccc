import Glibc
import Host
import Images
import OCI
import Registry
import TestSupport
import Testing
import Trust

/// Transfers by a process that is killed at random moments, again and again.
@Suite(.serialized) struct KillTests {
  private static let size = 1_500_000
  private static let program = BuiltProgram.path("registry-transfer")

  /// Runs the program and kills it after a while; says whether it ended well before that.
  private func run(_ words: [String], killingAfter microseconds: UInt32) throws -> Bool {
    let arguments: [UnsafeMutablePointer<CChar>?] = ([Self.program] + words).map { (word: String) in strdup(word) }
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    guard posix_spawn(&process, Self.program, nil, nil, arguments + [nil], environ) == 0 else {
      throw SystemError("run", Self.program)
    }
    usleep(microseconds)
    kill(process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    // A program that ended by itself before the signal has an exit code, and it has to be 0.
    if status & 0x7f == 0 { #expect(status == 0, "\(words)") }
    return status == 0
  }

  @Test func `a pull that is killed goes on where it was`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    let layer = SampleImage.bytes(Self.size)
    let digest = SHA256.digest(of: layer)
    try await TestRegistry.with(fault: { request, answer in
      guard request.target.contains(digest.hex) else { return nil }
      var answer = answer
      answer.fault = .slow(piece: 16 << 10, milliseconds: 3)
      return answer
    }) { registry in
      registry.add([layer], to: "a", tag: "1")
      var received = 0
      var completed = 0
      for _ in 0..<60 {
        let isComplete = try run(
          ["pull", "-", "\(registry.domain)/a:1", directory.path], killingAfter: .random(in: 0...250_000))
        #expect(try store.check() == [])
        if isComplete { #expect(try store.read(digest) == layer) }
        guard !store.contains(digest) else {
          completed += 1
          received = 0
          try Files.remove(directory.path + "/blobs/sha256")
          try Files.remove(directory.path + "/index.json")
          try Files.createDirectory(directory.path + "/blobs/sha256")
          continue
        }
        // What a run brought no later one gives away.
        let part = try #require(try PartialBlob.open(digest, size: Self.size, in: store))
        #expect(part.received >= received)
        received = part.received
      }
      #expect(completed > 0)
    }
  }

  @Test func `a push that is killed goes on where it was`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path + "/store")
    let layer = SampleImage.bytes(Self.size)
    let digest = SHA256.digest(of: layer)
    let layout = "oci:\(directory.path)/layout"
    try await TestRegistry.with(fault: { request, _ in
      if request.method == "PATCH" { usleep(8000) }
      return nil
    }) { registry in
      registry.add([layer], to: "a", tag: "1")
      try await ImageCopier(client: testClient(), store: ContentStore(at: directory.path + "/other")).copy(
        .registry(Reference(domain: registry.domain, repository: "a", tag: "1")), to: ImagePlace(parsing: layout))
      var number = 0
      for _ in 0..<40 {
        let isComplete = try run(
          ["push", layout, "\(registry.domain)/b\(number):1", store.root], killingAfter: .random(in: 0...250_000))
        #expect(try store.check() == [])
        guard isComplete else { continue }
        #expect(registry.blob(digest, in: "b\(number)") == layer)
        // Each byte that the registry took was sent to it once, however many processes it took.
        let sent = registry.requests.filter { request in
          ["PATCH", "PUT"].contains(request.method) && request.target.hasPrefix("/v2/b\(number)/blobs/")
        }
        #expect(sent.map(\.body.count).reduce(0, +) == Self.size + SampleImage.config.count)
        number += 1
      }
      #expect(number > 0)
    }
  }
}
