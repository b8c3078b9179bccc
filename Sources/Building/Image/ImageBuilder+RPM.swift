internal import Dockerfiles
internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Packages
internal import Resolution

extension ImageBuilder {
  /// Puts the layer of the lock's RPM packages over the base, so that what comes after lies on both.
  func addRPM(
    to base: Foundation, _ made: inout [NamedLayer], _ layers: LayerCache, _ store: ContentStore
  ) async throws -> Foundation {
    guard let rpm = plan.lock.rpm, !rpm.packages.isEmpty else { return base }
    // A root that is made of them has them already.
    if plan.lock.base == nil, plan.lock.debian == nil { return base }
    guard case .image(let image, let reference, let tree) = base else {
      throw BuildError.packagesWithoutBase(plan.spec.name)
    }
    let key = RPMLayer.key(rpm.packages) + [base.key, String(plan.lock.date)]
    made += try await layers.layers(key: key) {
      let paths = try await fetch(rpm)
      return try await progress.during("write the layer of RPM packages") {
        let workspace = try cache.workspace()
        defer { workspace.remove() }
        let layer = RPMLayer(pins: rpm.packages, paths: paths, epoch: plan.lock.date, workspace: workspace.path)
        let contents = try await layer.contents(over: image, try await tree.value())
        let fitted = try await base.fit(contents.tree)
        let written = try await store.add(
          fitted, removing: contents.removed, epoch: plan.lock.date, as: layers.compression)
        return [NamedLayer(name: "\(rpm.packages.count) RPM packages", layer: written, notes: contents.notes)]
      }
    }
    let over = try Image(config: image.config, layers: made.map(\.layer), in: store)
    return .image(
      over, reference: reference, tree: Shared { [bases] in try await bases.tree(of: over) })
  }

  func rpmRootKey(_ rpm: Lock.RPM) -> String {
    BuildCache.key(RPMRootBuilder.key(rpm.packages, epoch: plan.lock.date))
  }

  /// The root on disk that the lock's RPM part amounts to, where there is nothing else below.
  func rpmRoot(_ rpm: Lock.RPM) async throws -> String {
    let key = rpmRootKey(rpm)
    return try await cache.directory(.roots, key: key) { root in
      let paths = try await fetch(rpm)
      try await progress.during("build the root of \(rpm.packages.count) RPM packages") {
        let workspace = try cache.workspace()
        defer { workspace.remove() }
        let builder = RPMRootBuilder(
          pins: rpm.packages, paths: paths, platform: plan.spec.platform, epoch: plan.lock.date,
          workspace: workspace.path)
        let notes = try await builder.build(into: root)
        try Files.write(notes.joined(separator: "\n"), to: "\(cache.folder(.layers))/\(key)-notes")
      }
    }
  }

  /// What was noted when a root was made.
  func rpmNotes(of root: String) -> [String] {
    let text = (try? Files.text("\(cache.folder(.layers))/\(Path.name(root))-notes")) ?? ""
    return text.split(separator: "\n").map(String.init)
  }
}
