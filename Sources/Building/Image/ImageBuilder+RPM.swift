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
}
