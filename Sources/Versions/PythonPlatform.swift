/// Is the interpreter and machine that wheels are chosen for: CPython on Linux with the GNU C library.
public struct PythonPlatform: Hashable, Sendable {
  /// The interpreter's version.
  public let python: PEP440Version
  /// The C library's version, whose first number is two.
  public let glibc: PEP440Version
  /// The kernel's name for the machine, for example `x86_64` or `aarch64`.
  public let machine: String
  /// The environment that markers are judged for.
  public let markerEnvironment: MarkerEnvironment

  private let interpreterRanks: [String: Int]
  private let platformRanks: [String: Int]
  private let anyRanks: [String: Int]

  /// Describes a platform.
  public init(python: PEP440Version, glibc: PEP440Version, machine: String) {
    self.python = python
    self.glibc = glibc
    self.machine = machine
    markerEnvironment = MarkerEnvironment(linuxCPython: python, machine: machine)
    let interpreters = Self.interpreters(major: python.releaseNumber(at: 0), minor: python.releaseNumber(at: 1))
    interpreterRanks = Self.ranks(interpreters.platform)
    anyRanks = Self.ranks(interpreters.any)
    platformRanks = Self.ranks(Self.platforms(glibcMinor: glibc.releaseNumber(at: 1), machine: machine))
  }

  /// How well a tag fits: zero is best, `nil` means that it does not run here.
  ///
  /// The order is the one of `packaging.tags`: first by how closely the interpreter is named, then by how new a C
  /// library the wheel makes use of.
  public func rank(of tag: WheelTag) -> Int? {
    let interpreter = "\(tag.python)-\(tag.abi)"
    if tag.platform == "any" { return anyRanks[interpreter].map { interpreterRanks.count * platformRanks.count + $0 } }
    guard let outer = interpreterRanks[interpreter], let inner = platformRanks[tag.platform] else { return nil }
    return outer * platformRanks.count + inner
  }

  /// How well a wheel's best tag fits, or `nil` if the wheel does not run here.
  public func rank(of wheel: WheelName) -> Int? {
    wheel.tags.lazy.compactMap(rank(of:)).min()
  }

  /// Every tag that runs here, best first.
  public var supportedTags: [WheelTag] {
    let platforms = Self.ordered(platformRanks)
    let native = Self.ordered(interpreterRanks).flatMap { pair in platforms.map { Self.tag(pair, $0) } }
    return native + Self.ordered(anyRanks).map { Self.tag($0, "any") }
  }

  /// The pairs of interpreter and binary interface that run here, best first: those that need a platform, and those for
  /// any.
  private static func interpreters(major: UInt64, minor: UInt64) -> (platform: [String], any: [String]) {
    let own = "cp\(major)\(minor)"
    var native = ["\(own)-\(own)", "\(own)-abi3", "\(own)-none"]
    for older in stride(from: Int(minor) - 1, through: 2, by: -1) { native.append("cp\(major)\(older)-abi3") }
    let generic =
      ["py\(major)\(minor)", "py\(major)"]
      + stride(from: Int(minor) - 1, through: 0, by: -1).map { "py\(major)\($0)" }
    native += generic.map { "\($0)-none" }
    return (native, ["\(own)-none"] + generic.map { "\($0)-none" })
  }

  /// The platforms that run here, newest C library first (PEP 600, PEP 599, PEP 571, PEP 513).
  private static func platforms(glibcMinor: UInt64, machine: String) -> [String] {
    let isOldest = machine == "x86_64" || machine == "i686"
    let aliases: [Int: String] =
      isOldest ? [17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"] : [17: "manylinux2014"]
    var platforms: [String] = []
    for minor in stride(from: Int(min(glibcMinor, 200)), through: isOldest ? 5 : 17, by: -1) {
      platforms.append("manylinux_2_\(minor)_\(machine)")
      if let alias = aliases[minor] { platforms.append("\(alias)_\(machine)") }
    }
    return platforms + ["linux_\(machine)"]
  }

  private static func ranks(_ names: [String]) -> [String: Int] {
    Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
  }

  private static func ordered(_ ranks: [String: Int]) -> [String] {
    ranks.sorted { $0.value < $1.value }.map(\.key)
  }

  private static func tag(_ interpreter: String, _ platform: String) -> WheelTag {
    let parts = interpreter.split(separator: "-")
    return WheelTag(python: String(parts[0]), abi: String(parts[1]), platform: platform)
  }
}
