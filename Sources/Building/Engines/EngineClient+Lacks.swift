extension EngineClient {
  /// What is asked for and this engine has nothing for; to be said before anything runs.
  func lacks(_ request: EngineRequest) -> [EngineError.Lack] {
    var lacks: [EngineError.Lack] = []
    func lack(_ option: String, _ reason: String, if isAsked: Bool) {
      if isAsked { lacks.append(EngineError.Lack(option: option, reason: reason)) }
    }
    func isFolder(_ cache: EngineRequest.Cache) -> Bool { if case .folder = cache { true } else { false } }
    let readsFolder = request.cacheFrom.contains(where: isFolder)
    let hasFolder = readsFolder || request.cacheTo.contains(where: isFolder)
    let hasLayout = request.contexts.contains { if case .layout = $0.place { true } else { false } }
    switch kind {
    case .docker(let hasBuildx):
      lack("--memory", "BuildKit has no limit for a single command", if: request.memoryLimit != nil)
      lack("--build-context", "docker \(version) without buildx has none", if: !hasBuildx && !request.contexts.isEmpty)
      lack("--cache-to", "docker \(version) without buildx has none", if: !hasBuildx && !request.cacheTo.isEmpty)
      lack("--cache-from", "docker \(version) without buildx reads no folder", if: !hasBuildx && readsFolder)
      lack("--compression", "docker keeps layers uncompressed", if: request.compression != nil)
    case .buildah, .podman:
      lack("--cache-from and --cache-to", "\(engine.rawValue) knows caches in registries only", if: hasFolder)
      lack("--build-context", "\(engine.rawValue) reads no OCI layout", if: hasLayout)
      lack("--compression", "\(engine.rawValue) keeps layers uncompressed", if: request.compression != nil)
    case .buildctl, .buildx:
      lack("--memory", "BuildKit has no limit for a single command", if: request.memoryLimit != nil)
    }
    return lacks
  }
}
