internal import Images
internal import JSON
internal import OCI

/// The configuration, setting by setting, and the layers.
extension ImageComparison {
  /// More pairs of layers are not compared for the shortest list of changes.
  private static let mostPairs = 1 << 20

  func config() -> [ImageDifference.Change] {
    ImageDifference.changes("value", settings(first.image), settings(second.image))
  }

  private func settings(_ image: Image) -> [String: String] {
    let config = image.config
    var settings: [String: String] = ["platform": config.platform.description]
    if !ignored.ignores(.times) { settings["created"] = config.created }
    settings["author"] = config.author
    settings["user"] = config.user
    settings["workdir"] = config.workingDirectory
    settings["stop signal"] = config.stopSignal
    settings["healthcheck"] = config.healthcheck?.json.text()
    for (name, words) in [
      ("entrypoint", config.entrypoint), ("command", config.command), ("shell", config.shell),
      ("onbuild", config.onBuild),
    ] where !words.isEmpty { settings[name] = JSONValue.strings(words).text() }
    for variable in config.environment {
      let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      settings["env \(parts.first ?? "")"] = parts.count > 1 ? String(parts[1]) : ""
    }
    for (name, value) in config.labels { settings["label \(name)"] = value }
    for port in config.exposedPorts { settings["port \(port)"] = "exposed" }
    for volume in config.volumes { settings["volume \(volume)"] = "declared" }
    for (name, value) in image.manifest.annotations { settings["annotation \(name)"] = value }
    settings.merge(unknown(image)) { known, _ in known }
    if !ignored.ignores(.layers) { settings.merge(history(config)) { known, _ in known } }
    return settings
  }

  private func history(_ config: ImageConfig) -> [String: String] {
    var settings: [String: String] = [:]
    for (number, step) in config.history.enumerated() {
      let name = "history \(number + 1)"
      settings[name] = step.createdBy ?? ""
      settings["\(name) author"] = step.author
      settings["\(name) comment"] = step.comment
      if !ignored.ignores(.times) { settings["\(name) created"] = step.created }
    }
    return settings
  }

  /// Members of the document that nobody here knows: they differ, too.
  private func unknown(_ image: Image) -> [String: String] {
    let (known, knownConfig): (Set<String>, Set<String>) = (
      ["architecture", "os", "variant", "created", "author", "config", "rootfs", "history"],
      [
        "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "OnBuild", "StopSignal",
        "Shell", "Healthcheck",
      ]
    )
    guard let document = try? JSONValue(parsing: image.configBytes) else { return [:] }
    var settings: [String: String] = [:]
    for member in document.members ?? [] where !known.contains(member.name) {
      settings[member.name] = member.value.text()
    }
    for member in document["config"]?.members ?? [] where !knownConfig.contains(member.name) {
      settings["config \(member.name)"] = member.value.text()
    }
    return settings
  }

  // MARK: Layers

  /// A layer of one image that stands for one of the other.
  struct LayerPair: Sendable {
    let first: Int
    let second: Int
  }

  /// The layers that differ, by the shortest way from one list to the other.
  func layers() -> [ImageDifference.Change] {
    let (old, new) = (first.image.layers, second.image.layers)
    var changes: [(place: Int, change: ImageDifference.Change)] = []
    let (pairs, removed, added) = layerPairs()
    for pair in pairs {
      let (left, right) = (old[pair.first], new[pair.second])
      if left.descriptor == right.descriptor { continue }
      var details: [ImageDifference.Detail] = []
      func compare(_ aspect: String, _ text: (Image.Layer) -> String) {
        if text(left) != text(right) { details.append(ImageDifference.Detail(aspect, text(left), text(right))) }
      }
      compare("archive") { $0.diffID.short }
      compare("type") { $0.descriptor.mediaType.description }
      compare("blob") { $0.descriptor.digest.short }
      compare("size") { String($0.descriptor.size) }
      if details.isEmpty { continue }
      let name = pair.first == pair.second ? "\(pair.first + 1)" : "\(pair.first + 1) → \(pair.second + 1)"
      changes.append((pair.first, ImageDifference.Change(.changed, name, details)))
    }
    func lone(_ number: Int, _ kind: ImageDifference.Kind, _ layer: Image.Layer) {
      let size = String(layer.descriptor.size)
      let detail =
        kind == .added ? ImageDifference.Detail("size", nil, size) : ImageDifference.Detail("size", size, nil)
      changes.append((number, ImageDifference.Change(kind, "\(number + 1)", [detail])))
    }
    for number in removed { lone(number, .removed, old[number]) }
    for number in added { lone(number, .added, new[number]) }
    return changes.sorted { $0.place < $1.place }.map(\.change)
  }

  /// Which layers belong together, and which have no counterpart.
  func layerPairs() -> (pairs: [LayerPair], removed: [Int], added: [Int]) {
    let (old, new) = (first.image.layers.map(\.diffID), second.image.layers.map(\.diffID))
    if old.count == new.count || old.count * new.count > Self.mostPairs {
      let common = min(old.count, new.count)
      return (
        (0..<common).map { LayerPair(first: $0, second: $0) }, Array(common..<old.count), Array(common..<new.count)
      )
    }
    let difference = new.difference(from: old)
    var removed = difference.removals.map { Self.offset($0) }
    var added = difference.insertions.map { Self.offset($0) }
    var pairs = zip(
      old.indices.filter { !removed.contains($0) }, new.indices.filter { !added.contains($0) }
    ).map { LayerPair(first: $0, second: $1) }
    // What went from and came to the same place is one layer that changed.
    for number in removed {
      let place = number - removed.filter { $0 < number }.count
      guard let counterpart = added.first(where: { next in next - added.filter { $0 < next }.count == place }) else {
        continue
      }
      pairs.append(LayerPair(first: number, second: counterpart))
      removed.removeAll { $0 == number }
      added.removeAll { $0 == counterpart }
    }
    return (pairs, removed, added)
  }

  private static func offset(_ change: CollectionDifference<Digest>.Change) -> Int {
    switch change {
    case .insert(let offset, _, _), .remove(let offset, _, _): offset
    }
  }
}
