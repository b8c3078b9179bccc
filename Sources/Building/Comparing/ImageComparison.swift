internal import Host
public import Images
internal import Layers
internal import OCI

/// Compares two images file by file, without unpacking either.
///
/// The layers that both begin with are alike whatever is in them. They are read only if one image touches a path above them
/// that the other does not: then it takes them to say what that path is in the other.
public struct ImageComparison: Sendable {
  /// One of the two, known file by file as far as it may differ.
  struct Side: Sendable {
    let image: Image
    /// The indexes of its layers from number `lowest` on.
    let indexes: [LayerIndex]
    /// How many layers at the bottom were not read.
    let lowest: Int
    /// What those layers amount to.
    let tree: ImageTree

    init(_ image: Image, _ indexes: [LayerIndex], from lowest: Int) {
      self.image = image
      self.indexes = indexes
      self.lowest = lowest
      tree = ImageTree(merging: indexes)
    }

    /// The number of the layer that a node comes from.
    func layer(_ node: ImageTree.Node) -> Int { lowest + node.layer }
  }

  let first: Side
  let second: Side
  let ignored: IgnoredDifferences

  /// Indexes of both images what may differ.
  ///
  /// - Parameter cache: Where indexes of layers are kept.
  public init(_ first: Image, _ second: Image, ignoring ignored: IgnoredDifferences, cache: BuildCache) async throws {
    let folder = cache.folder(.contents)
    let (lower, upper) = (first.layers, second.layers)
    let shared = zip(lower, upper).prefix { $0.descriptor.digest == $1.descriptor.digest }.count
    self.ignored = ignored
    if ignored.ignores(.files) && ignored.ignores(.packages) {
      self.first = Side(first, [], from: lower.count)
      self.second = Side(second, [], from: upper.count)
      return
    }
    // One after the other: what both have is then read once.
    let old = try await LayerIndex.kept(of: lower[shared...], in: folder)
    let new = try await LayerIndex.kept(of: upper[shared...], in: folder)
    if Self.effects(old) == Self.effects(new) {
      self.first = Side(first, old, from: shared)
      self.second = Side(second, new, from: shared)
    } else {
      let base = try await LayerIndex.kept(of: lower[..<shared], in: folder)
      self.first = Side(first, base + old, from: 0)
      self.second = Side(second, base + new, from: 0)
    }
  }

  /// What layers do to those below them: the paths that they set, as directories or not, and those that they delete.
  private static func effects(_ layers: [LayerIndex]) -> Set<String> {
    var effects: Set<String> = []
    for layer in layers {
      for item in layer.items { effects.insert((item.entry.kind == .directory ? "d" : "f") + item.entry.path) }
    }
    return effects
  }

  /// Finds what differs.
  ///
  /// - Parameter isExplaining: Whether contents are read to say at which byte they part, and each change names its step.
  public func run(explaining isExplaining: Bool = false) async throws -> ImageDifference {
    var difference = ImageDifference()
    if !ignored.ignores(.files) { difference.files = files() }
    if !ignored.ignores(.packages) {
      difference.packages = ImageDifference.changes(
        "version", InstalledPackages.versions(first.tree), InstalledPackages.versions(second.tree))
    }
    if !ignored.ignores(.config) { difference.config = config() }
    if !ignored.ignores(.layers) { difference.layers = layers() }
    return isExplaining ? try await explained(difference) : difference
  }

  // MARK: Files

  /// Both lists of nodes are sorted: they are walked side by side.
  private func files() -> [ImageDifference.Change] {
    var changes: [ImageDifference.Change] = []
    func lone(_ kind: ImageDifference.Kind, _ node: ImageTree.Node) {
      let what = Self.summary(node.entry)
      let detail =
        kind == .added ? ImageDifference.Detail("kind", nil, what) : ImageDifference.Detail("kind", what, nil)
      changes.append(ImageDifference.Change(kind, "/" + node.entry.path, [detail]))
    }
    let (old, new) = (kept(first), kept(second))
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      if right == new.count {
        lone(.removed, old[left])
        left += 1
        continue
      }
      if left == old.count {
        lone(.added, new[right])
        right += 1
        continue
      }
      let (one, other) = (old[left].entry.path, new[right].entry.path)
      if one.utf8.elementsEqual(other.utf8) {
        let details = details(old[left], new[right])
        if !details.isEmpty { changes.append(ImageDifference.Change(.changed, "/" + one, details)) }
        left += 1
        right += 1
      } else if one.utf8.lexicographicallyPrecedes(other.utf8) {
        lone(.removed, old[left])
        left += 1
      } else {
        lone(.added, new[right])
        right += 1
      }
    }
    return changes
  }

  private func kept(_ side: Side) -> [ImageTree.Node] {
    side.tree.nodes.filter { !ignored.ignores(path: $0.entry.path) }
  }

  private func details(_ old: ImageTree.Node, _ new: ImageTree.Node) -> [ImageDifference.Detail] {
    var details: [ImageDifference.Detail] = []
    func compare(_ aspect: String, _ text: (ImageTree.Node) -> String) {
      let (left, right) = (text(old), text(new))
      if left != right { details.append(ImageDifference.Detail(aspect, left, right)) }
    }
    if old.entry.kind != new.entry.kind { compare("kind") { Self.word($0.entry.kind) } }
    if old.entry.kind == .file, new.entry.kind == .file, old.item.digest != new.item.digest {
      if old.entry.size != new.entry.size { compare("size") { String($0.entry.size) } }
      compare("content") { $0.item.digest?.short ?? "?" }
    }
    if old.entry.mode != new.entry.mode, !ignored.ignores(.modes) {
      compare("mode") { String($0.entry.mode, radix: 8) }
    }
    if !ignored.ignores(.owners), (old.entry.uid, old.entry.gid) != (new.entry.uid, new.entry.gid) {
      compare("owner") { "\($0.entry.uid):\($0.entry.gid)" }
    }
    if old.entry.modified != new.entry.modified, !ignored.ignores(.times) {
      compare("time") { Clock.rfc3339($0.entry.modified) }
    }
    for name in Set(old.entry.attributes.keys).union(new.entry.attributes.keys).sorted() {
      let (left, right) = (old.entry.attributes[name], new.entry.attributes[name])
      if left != right {
        details.append(ImageDifference.Detail("attribute \(name)", left.map(ByteText.text), right.map(ByteText.text)))
      }
    }
    return details
  }

  private static func summary(_ entry: TarEntry) -> String {
    entry.kind == .file ? "file of \(entry.size) bytes" : word(entry.kind)
  }

  private static func word(_ kind: TarEntry.Kind) -> String {
    switch kind {
    case .file: "file"
    case .directory: "directory"
    case .symbolicLink(let target): "link to \(target)"
    case .hardLink(let target): "hard link to \(target)"
    case .characterDevice(let major, let minor): "character device \(major):\(minor)"
    case .blockDevice(let major, let minor): "block device \(major):\(minor)"
    case .fifo: "pipe"
    }
  }
}
