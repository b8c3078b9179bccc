internal import OCI

extension DockerfileOptions {
  /// What was named for a build: by a name alone, or by `NAME::PLATFORM` for one platform.
  ///
  /// Names are compared as images' names are, so that `busybox`, `busybox:latest` and `docker.io/library/busybox` are one
  /// (BuildKit, frontend/dockerui, "NamedContext").
  func context(_ name: String, for platform: Platform) -> NamedContext? {
    if contexts.isEmpty { return nil }
    let wanted = Self.normalized(name)
    func place(_ wanted: String) -> NamedContext? { contexts.first { Self.normalized($0.key) == wanted }?.value }
    return place("\(wanted)::\(platform)") ?? place(wanted)
  }

  private static func normalized(_ name: String) -> String {
    guard let mark = name.firstRange(of: "::") else {
      guard let reference = try? Reference(parsing: name) else { return name }
      let isLatest = reference.digest == nil && reference.tag == Reference.defaultTag
      return isLatest ? String(reference.familiar.dropLast(Reference.defaultTag.count + 1)) : reference.familiar
    }
    let platform = String(name[mark.upperBound...])
    return normalized(String(name[..<mark.lowerBound])) + "::"
      + ((try? Platform(parsing: platform))?.normalized.description ?? platform)
  }
}
