extension Platform {
  /// Reads a platform as people name it: `OS/ARCHITECTURE[/VARIANT]`, an architecture of Linux alone, or `linux` for this machine's;
  /// other names of a processor mean the one that images have.
  ///
  /// Source: containerd/platforms, "Parse" and "Normalize".
  ///
  /// - Parameter own: The architecture of this machine.
  public init(argument text: String, own: String) throws(ParseError) {
    if text.lowercased() == "linux" {
      self.init(os: "linux", architecture: own)
    } else if !text.contains("/"), let known = Platform(os: "linux", architecture: text).normalized.known {
      self = known
    } else {
      self = try Platform(parsing: text).normalized
    }
  }

  /// The same platform under the names that images have it by: `aarch64` and `arm64/v8` are `arm64`, and `arm` is `arm/v7`.
  public var normalized: Platform {
    let (architecture, variant) = (architecture.lowercased(), variant?.lowercased() ?? "")
    let names: (String, String) =
      switch architecture {
      case "i386": ("386", "")
      case "amd64", "x86_64", "x86-64": ("amd64", variant == "v1" ? "" : variant)
      case "arm64", "aarch64": ("arm64", ["8", "v8"].contains(variant) ? "" : variant)
      case "armhf": ("arm", "v7")
      case "armel": ("arm", "v6")
      case "arm": ("arm", variant.isEmpty ? "v7" : variant.hasPrefix("v") ? variant : "v" + variant)
      default: (architecture, variant)
      }
    return Platform(os: os.lowercased(), architecture: names.0, variant: names.1.isEmpty ? nil : names.1)
  }

  /// The platform, if its architecture is one that Linux images exist for.
  private var known: Platform? {
    let known = ["386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64", "s390x"]
    return known.contains(architecture) ? self : nil
  }

  /// How well an image for another platform does for this one, the lower the better; nil if it does not.
  ///
  /// A processor of arm runs what was made for older ones, and a variant that nobody asked for is better than none.
  public func distance(to other: Platform) -> Int? {
    let (wanted, given) = (normalized, other.normalized)
    guard wanted.os == given.os, wanted.architecture == given.architecture else { return nil }
    if wanted.variant == given.variant { return 0 }
    func version(_ variant: String?) -> Int? { variant.flatMap { Int($0.drop { $0 == "v" }) } }
    if wanted.architecture == "arm", let mine = version(wanted.variant), let theirs = version(given.variant) {
      return theirs < mine ? mine - theirs : nil
    }
    return wanted.variant == nil ? 100 : nil
  }
}
