internal import Host
internal import Layers

extension EngineClient {
  /// The calls of a build: values, so that what an engine is told can be read without running it.
  struct Calls: Sendable, Hashable {
    /// What goes before.
    var preparation: [EngineCall] = []
    /// The build itself, the one whose lines are shown.
    var build: EngineCall
    /// What is undone after, whatever became of the build.
    var cleaning: [EngineCall] = []
  }

  /// The calls that build what is asked for.
  ///
  /// - Parameters:
  ///   - idFile: Where those that keep the image themselves write its name.
  ///   - archive: Where the others write the image.
  ///   - builder: A name for a builder of buildx that lives as long as this build.
  func calls(_ request: EngineRequest, idFile: String, archive: String, builder: String) -> Calls {
    switch kind {
    case .docker(let hasBuildx):
      var words = host + ["build", "--progress", "plain", "--iidfile", idFile]
      // A builder in a container would keep the image for itself.
      if hasBuildx { words.append("--load") }
      return Calls(
        build: EngineCall(program, words + docker(request), environment: dockerVariables(request), isBuild: true))
    case .buildah, .podman:
      // Of the two forms only Docker's has a place for HEALTHCHECK, SHELL and ONBUILD.
      let words =
        ["build", "--format", "docker", "--layers", "--timestamp", "\(request.epoch)", "--iidfile", idFile]
        + (request.memoryLimit.map { ["--memory", "\($0)"] } ?? [])
      return Calls(
        build: EngineCall(program, words + common(request) + daemonless(request) + [request.context], isBuild: true))
    case .buildctl: return Calls(build: EngineCall(program, buildctl(request, archive: archive), isBuild: true))
    case .buildx:
      let endpoint = ["buildx", "create", "--name", builder, "--driver", "remote"] + tlsOptions + [address ?? ""]
      let words = [
        "buildx", "build", "--builder", builder, "--progress", "plain", "--output", exporter(request, archive),
      ]
      return Calls(
        preparation: [EngineCall(program, endpoint)],
        build: EngineCall(program, words + docker(request), environment: dockerVariables(request), isBuild: true),
        cleaning: [EngineCall(program, ["buildx", "rm", builder])])
    }
  }

  /// The call that writes a built image into an archive for `docker load`; nil where the build has written one of OCI's form.
  func exporting(_ image: String, to archive: String) -> EngineCall? {
    switch kind {
    case .docker: EngineCall(program, host + ["save", "--output", archive, image])
    case .buildah: EngineCall(program, ["push", "--quiet", image, "docker-archive:\(archive)"])
    case .podman:
      EngineCall(program, ["save", "--quiet", "--format", "docker-archive", "--output", archive, image])
    case .buildctl, .buildx: nil
    }
  }

  /// The call that succeeds if the engine has an image of the name, and the one that gives it one from an archive; nil where
  /// the build itself reads the store.
  func handingOver(_ name: String, from archive: String) -> (asking: EngineCall, loading: EngineCall)? {
    switch kind {
    case .docker:
      (
        EngineCall(program, host + ["image", "inspect", "--format", "{{.Id}}", name]),
        EngineCall(program, host + ["load", "--quiet", "--input", archive])
      )
    case .buildah:
      (
        EngineCall(program, ["inspect", "--type", "image", "--format", "{{.FromImageID}}", name]),
        EngineCall(program, ["pull", "--quiet", "docker-archive:\(archive)"])
      )
    case .podman:
      (
        EngineCall(program, ["image", "exists", name]),
        EngineCall(program, ["load", "--quiet", "--input", archive])
      )
    case .buildctl, .buildx: nil
    }
  }

  // MARK: Options

  private var host: [String] { address.map { ["--host", $0] } ?? [] }

  private func dockerVariables(_ request: EngineRequest) -> [String: String] {
    ["DOCKER_BUILDKIT": "1", "SOURCE_DATE_EPOCH": "\(request.epoch)"]
  }

  /// What all builders with Docker's options are told.
  private func common(_ request: EngineRequest) -> [String] {
    var words = ["--file", request.dockerfile]
    func add(_ option: String, _ values: [String]) { words += values.flatMap { [option, $0] } }
    add("--platform", request.platform.map { ["\($0)"] } ?? [])
    add("--target", request.target.map { [$0] } ?? [])
    add("--build-arg", request.arguments.map(\.text))
    add("--label", request.labels.map(\.text))
    add("--tag", request.names)
    add("--secret", request.secrets)
    add("--ssh", request.ssh)
    add("--build-context", request.contexts.map { "\($0.name)=\(Self.text($0.place))" })
    if !request.usesCache { words.append("--no-cache") }
    if !request.allowsNetwork { add("--network", ["none"]) }
    return words
  }

  private func docker(_ request: EngineRequest) -> [String] {
    var words = common(request)
    let hasBuildx = kind != .docker(hasBuildx: false)
    for place in request.cacheFrom { words += ["--cache-from", Self.text(place, isWritten: false, isLong: hasBuildx)] }
    for place in request.cacheTo { words += ["--cache-to", Self.text(place, isWritten: true, isLong: true)] }
    if let base = request.base, kind == .buildx {
      words += ["--build-context", "\(base.name)=oci-layout://\(base.store)@\(base.digest)"]
    }
    return words + [request.context]
  }

  private func daemonless(_ request: EngineRequest) -> [String] {
    var words: [String] = []
    for case .registry(let name) in request.cacheFrom { words += ["--cache-from", name] }
    for case .registry(let name) in request.cacheTo { words += ["--cache-to", name] }
    // What was handed over is the base; a registry must not be asked whether it has something newer.
    if request.base != nil { words += ["--pull=never"] }
    return words
  }

  private func buildctl(_ request: EngineRequest, archive: String) -> [String] {
    var words = ["--addr", address ?? ""] + (certificates.map { ["--tlsdir", $0] } ?? [])
    words += ["build", "--progress", "plain", "--frontend", "dockerfile.v0"]
    func local(_ name: String, _ path: String) { words += ["--local", "\(name)=\(path)"] }
    func option(_ name: String, _ value: String) { words += ["--opt", "\(name)=\(value)"] }
    local("context", request.context)
    local("dockerfile", Path.parent(request.dockerfile) ?? ".")
    option("filename", Path.name(request.dockerfile))
    if let platform = request.platform { option("platform", "\(platform)") }
    if let target = request.target { option("target", target) }
    let epoch = EngineRequest.Setting("SOURCE_DATE_EPOCH", "\(request.epoch)")
    for argument in request.arguments.filter({ $0.name != epoch.name }) + [epoch] {
      option("build-arg:\(argument.name)", argument.value)
    }
    for label in request.labels { option("label:\(label.name)", label.value) }
    if !request.allowsNetwork { option("force-network-mode", "none") }
    for context in request.contexts {
      switch context.place {
      case .folder(let path):
        local(context.name, path)
        option("context:\(context.name)", "local:\(context.name)")
      case .image(let name): option("context:\(context.name)", "docker-image://\(name)")
      case .layout(let path, let suffix):
        words += ["--oci-layout", "\(context.name)=\(path)"]
        option("context:\(context.name)", "oci-layout://\(context.name)\(suffix)")
      }
    }
    if let base = request.base {
      words += ["--oci-layout", "drydock=\(base.store)"]
      option("context:\(base.name)", "oci-layout://drydock@\(base.digest)")
    }
    for secret in request.secrets { words += ["--secret", secret] }
    for ssh in request.ssh { words += ["--ssh", ssh] }
    for place in request.cacheFrom { words += ["--import-cache", Self.text(place, isWritten: false, isLong: true)] }
    for place in request.cacheTo { words += ["--export-cache", Self.text(place, isWritten: true, isLong: true)] }
    if !request.usesCache { words.append("--no-cache") }
    return words + ["--output", exporter(request, archive)]
  }

  /// BuildKit's exporter of an OCI archive; it sets the times of files only when it is told to.
  private func exporter(_ request: EngineRequest, _ archive: String) -> String {
    let compression =
      switch request.compression {
      case nil: ""
      case .gzip: ",compression=gzip,force-compression=true"
      case .storedGzip: ",compression=gzip,compression-level=0,force-compression=true"
      case .zstd(let level): ",compression=zstd,compression-level=\(level),force-compression=true"
      case .uncompressed: ",compression=uncompressed,force-compression=true"
      }
    return "type=oci,dest=\(archive),rewrite-timestamp=true\(compression)"
  }

  private var tlsOptions: [String] {
    guard let certificates else { return [] }
    let files = [("cacert", "ca.pem"), ("cert", "cert.pem"), ("key", "key.pem")]
    return ["--driver-opt", files.map { "\($0)=\(certificates)/\($1)" }.joined(separator: ",")]
  }

  private static func text(_ place: EngineRequest.NamedContext.Place) -> String {
    switch place {
    case .folder(let path): path
    case .image(let name): "docker-image://\(name)"
    case .layout(let path, let suffix): "oci-layout://\(path)\(suffix)"
    }
  }

  /// - Parameter isLong: Whether the program knows kinds of caches; those before buildx took a registry's names alone.
  private static func text(_ place: EngineRequest.Cache, isWritten: Bool, isLong: Bool) -> String {
    switch place {
    case .registry(let name): isLong ? "type=registry,ref=\(name)" + (isWritten ? ",mode=max" : "") : name
    case .folder(let path): isWritten ? "type=local,dest=\(path),mode=max" : "type=local,src=\(path)"
    }
  }
}
