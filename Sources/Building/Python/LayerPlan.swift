internal import Resolution

/// Which package lies in which layer.
///
/// A package in a layer of its own is sent again only when it changes itself; each layer costs a request and a mount. So the
/// largest have their own as far as the budget goes, and the light ones, which change most often, share the last.
struct LayerPlan: Sendable {
  /// From this size of a wheel in bytes a layer of its own may be worth it.
  static let heavy = 4 << 20
  /// The most layers of Python packages.
  static let budget = 12

  /// The packages of each layer, the light ones last.
  let groups: [[Lock.PythonPackage]]

  init(_ packages: [Lock.PythonPackage]) {
    let largest = packages.filter { $0.wheel.size ?? 0 >= Self.heavy }
      .sorted { ($1.wheel.size ?? 0, $0.name) < ($0.wheel.size ?? 0, $1.name) }
      .prefix(Self.budget - 1)
    let alone = Set(largest.map(\.name))
    let light = packages.filter { !alone.contains($0.name) }
    groups = packages.filter { alone.contains($0.name) }.map { [$0] } + (light.isEmpty ? [] : [light])
  }

  /// What a layer is called.
  static func name(_ group: [Lock.PythonPackage]) -> String {
    group.count == 1 ? "\(group[0].name) \(group[0].version)" : "\(group.count) Python packages"
  }
}
