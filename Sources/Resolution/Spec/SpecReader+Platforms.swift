internal import OCI
internal import YAML

extension SpecReader {
  /// The platforms of an image, each once and at least one: `linux/amd64` where nothing is said.
  ///
  /// - Parameters:
  ///   - one: The value of `platform`.
  ///   - several: The value of `platforms`, which stands in its place.
  mutating func platforms(one: YAMLNode?, several: YAMLNode?) -> [Platform] {
    guard let several else { return [one.flatMap { platform($0, "platform") } ?? .linuxAMD64] }
    if one != nil {
      yaml.report(several, "'platform' and 'platforms' exclude each other", hint: "list all of them under 'platforms'")
    }
    guard let elements = yaml.list(several, "platforms") else { return [.linuxAMD64] }
    var platforms: [Platform] = []
    for element in elements {
      guard let platform = platform(element, "platforms") else { continue }
      // A variant that the one has and the other has not may mean the same machine.
      if let other = platforms.first(where: { ($0.os, $0.architecture) == (platform.os, platform.architecture) }),
        other == platform || other.variant == nil || platform.variant == nil
      {
        yaml.report(
          element,
          other == platform ? "'\(platform)' stands here twice" : "'\(platform)' and '\(other)' are one platform")
      }
      platforms.append(platform)
    }
    if elements.isEmpty {
      yaml.report(several, "'platforms' names none", hint: "for example [linux/amd64, linux/arm64]")
    }
    return platforms.isEmpty ? [.linuxAMD64] : platforms
  }

  private mutating func platform(_ node: YAMLNode, _ what: String) -> Platform? {
    guard let text = yaml.text(node, what) else { return nil }
    do { return try Platform(parsing: text) } catch {
      yaml.report(node, error.description)
      return nil
    }
  }
}
