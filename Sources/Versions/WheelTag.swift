/// Says which interpreters and machines a wheel runs on (PEP 425).
public struct WheelTag: Hashable, Sendable, CustomStringConvertible {
  /// The interpreter, for example `cp310` or `py3`.
  public let python: String
  /// The binary interface, for example `cp310`, `abi3` or `none`.
  public let abi: String
  /// The machine and system, for example `manylinux_2_17_x86_64` or `any`.
  public let platform: String

  /// Creates a tag from its three parts.
  public init(python: String, abi: String, platform: String) {
    self.python = python
    self.abi = abi
    self.platform = platform
  }

  /// The three parts joined by hyphens.
  public var description: String { "\(python)-\(abi)-\(platform)" }

  /// Returns every tag of a set such as `py2.py3-none-any`; empty if the set has not three parts.
  public static func expand(_ compressed: String) -> [WheelTag] {
    let parts = compressed.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3 else { return [] }
    let (pythons, abis, platforms) = (
      parts[0].split(separator: "."), parts[1].split(separator: "."), parts[2].split(separator: ".")
    )
    var tags: [WheelTag] = []
    tags.reserveCapacity(pythons.count * abis.count * platforms.count)
    for python in pythons {
      for abi in abis {
        for platform in platforms {
          tags.append(WheelTag(python: String(python), abi: String(abi), platform: String(platform)))
        }
      }
    }
    return tags
  }
}
