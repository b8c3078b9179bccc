import Host
import Images
import OCI
import TestSupport
import Testing
import Trust

/// A pull to a disk that becomes full, and has room again afterwards.
@Suite struct FullDiskTests {
  @Test func `a pull to a full disk says so, and the next one goes on where it was`() async throws {
    let directory = try TemporaryDirectory()
    let layer = SampleImage.bytes(4_000_000)
    let digest = SHA256.digest(of: layer)
    try await TestRegistry.with { registry in
      registry.add([layer], to: "a", tag: "1")
      // The mount is seen by these processes alone and ends with them.
      let script = """
        mount -t tmpfs -o size=2m none "$3"
        "$1" pull - "$2" "$3" && exit 9
        ls "$3/blobs/sha256" | grep -q "$4" && exit 8
        mount -o remount,size=20m none "$3"
        "$1" pull - "$2" "$3" || exit 7
        cp "$3/blobs/sha256/$4" "$3"/../layer
        ls "$3/ingest" > "$3"/../left
        """
      let store = directory.path + "/store"
      try Files.createDirectory(store)
      let run = try await Subprocess(
        "unshare",
        [
          "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", BuiltProgram.path("registry-transfer"),
          "\(registry.domain)/a:1", store, digest.hex,
        ]
      ).run()
      #expect(run.status == 0, "\(run.errorText)")
      #expect(run.text.contains("No space left on device"))
      #expect(try Files.read(directory.path + "/layer") == layer)
      #expect(try Files.read(directory.path + "/left") == [])
      // What was written before the disk was full is not asked for again.
      let asked = registry.requests.filter { $0.target.contains(digest.hex) }.map { $0["Range"] ?? "all" }
      #expect(asked.count { $0 == "bytes=0-262143" } == 1, "\(asked)")
      #expect(asked.count < 2 * 16, "\(asked)")
    }
  }
}
