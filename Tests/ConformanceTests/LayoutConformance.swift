import Host
import Images
import OCI
import Registry
import TestSupport
import Testing

/// Takes the layouts of `oci-layouts/` through registries and back: indexes, artifacts, referrers and all.
@Suite(.serialized, .enabled(if: Fixtures.folder != nil))
struct `Layouts through a registry` {
  @Test func `through docker-registry, which lists no referrers`() async throws {
    let directory = try TemporaryDirectory()
    let server = try await DockerRegistry(in: directory.path)
    defer { server.stop() }
    try await check(server.domain, in: directory.path)
  }

  @Test(arguments: [true, false]) func `through a registry that lists referrers or not`(_ lists: Bool) async throws {
    let directory = try TemporaryDirectory()
    try await TestRegistry.with(TestRegistry.Options { $0.listsReferrers = lists }) { registry in
      try await check(registry.domain, in: directory.path)
    }
  }

  private func check(_ domain: String, in directory: String) async throws {
    let folder = try #require(Fixtures.folder) + "/oci-layouts"
    var selection = ImageCopier.Selection()
    selection.takesAll = true
    selection.takesReferrers = true
    for name in try Files.list(folder) {
      let source = "\(folder)/\(name)"
      let back = "\(directory)/back-\(name)"
      let tags = try tags(of: source)
      // One after the other, with a store of its own for each way: nothing may be found where it was not sent.
      for tag in tags.keys.sorted() {
        let there = ImagePlace.registry(try Reference(domain: domain, repository: "layouts/\(name)", tag: tag))
        for (origin, target, store) in [
          (ImagePlace.layout(path: source, tag: tag), there, "one"),
          (there, ImagePlace.layout(path: back, tag: tag), "two"),
        ] {
          let copier = ImageCopier(
            client: RegistryClient(configuration: RegistryConfiguration()),
            store: try ContentStore(at: "\(directory)/\(name)-\(store)"))
          #expect(try await copier.copy(origin, to: target, selection).digest == tags[tag], "\(tag)")
        }
      }
      #expect(try self.tags(of: back) == tags)
      let blobs = try Files.list(source + "/blobs/sha256")
      #expect(try Files.list(back + "/blobs/sha256") == blobs)
      for blob in blobs {
        let same = try Files.read("\(back)/blobs/sha256/\(blob)") == Files.read("\(source)/blobs/sha256/\(blob)")
        #expect(same, "\(blob)")
      }
      print("oci-layouts/\(name): \(tags.count) tags, \(blobs.count) blobs")
      #expect(tags.count > 0)
    }
  }

  /// What each tag of a layout leads to.
  private func tags(of layout: String) throws -> [String: Digest] {
    let index = try Index(parsing: try Files.read(layout + "/index.json"))
    var tags: [String: Digest] = [:]
    for manifest in index.manifests {
      if let tag = manifest.annotations["org.opencontainers.image.ref.name"] { tags[tag] = manifest.digest }
    }
    return tags
  }
}
