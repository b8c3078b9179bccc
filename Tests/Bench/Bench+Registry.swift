import Host
import JSON
import OCI
import TestSupport
import Trust

/// Debian's `docker-registry` on this machine, with images of 161 MB: in one layer and in twenty.
///
/// What is pushed goes to a registry that is empty each time, and what is pulled to a fresh folder and store.
extension Bench {
  func registry() async throws {
    let folder = Path.absolute(work) + "/registry"
    try Files.remove(folder)
    let layouts = [1, 20].map { (count: $0, path: "\(folder)/layers-\($0)") }
    for layout in layouts { try await writeLayout(layout.path, layers: layout.count) }
    try Files.createDirectory(folder + "/server")
    let server = try await DockerRegistry(in: folder + "/server")
    for layout in layouts {
      let name = "\(server.domain)/layers:\(layout.count)"
      _ = try await time(skopeo("oci:\(layout.path):x", "docker://\(name)"))
      print(try await pull(name, "\(layout.count)", in: folder))
    }
    print(try await pullAgain("\(server.domain)/layers:20", in: folder))
    print(try await memory("\(server.domain)/layers:", layouts.map(\.path), in: folder))
    server.stop()
    print(try await pushToCurl(layouts[0].path, in: folder))
    print(try await pushToSkopeo(layouts[1].path, in: folder))
    print(try await throttled(in: folder))
    try Files.remove(folder)
  }

  // MARK: Pulling

  private func pull(_ name: String, _ layers: String, in folder: String) async throws -> Row {
    let (ours, theirs, cache) = (folder + "/ours", folder + "/theirs", folder + "/cache")
    return try await compare(
      "pull 161 MB in \(layers) layer\(layers == "1" ? "" : "s")", "skopeo copy", runs: 5,
      ours: {
        for path in [ours, cache] { try Files.remove(path) }
        return program(["copy", "docker://\(name)", "oci:\(ours):x"], cache: cache)
      },
      theirs: {
        try Files.remove(theirs)
        return skopeo("docker://\(name)", "oci:\(theirs):x")
      })
  }

  private func pullAgain(_ name: String, in folder: String) async throws -> Row {
    let (theirs, cache) = (folder + "/theirs", folder + "/cache")
    _ = try await time(program(["pull", name], cache: cache))
    return try await compare(
      "pull 20 layers that are here", "skopeo copy", runs: 5, ours: { program(["pull", name], cache: cache) },
      theirs: { skopeo("docker://\(name)", "oci:\(theirs):x") })
  }

  /// The most of two pulls and two pushes; the limit stands where the peer's time does.
  private func memory(_ name: String, _ layouts: [String], in folder: String) async throws -> Row {
    var peaks: [Double] = []
    for (count, layout) in zip(["1", "20"], layouts) {
      let cache = folder + "/cache"
      try Files.remove(cache)
      peaks.append(try await peak(program(["pull", name + count], cache: cache)))
      try await withRegistry(in: folder) { domain in
        peaks.append(try await peak(program(["push", "oci:\(layout):x", "\(domain)/a/b:1"], cache: cache)))
      }
    }
    return Row(work: "peak memory of these in MB", peer: "limit", drydock: [peaks.max() ?? 0], others: [64])
  }

  // MARK: Pushing

  private func pushToSkopeo(_ layout: String, in folder: String) async throws -> Row {
    try await comparePushes("push 161 MB in 20 layers", "skopeo copy", layout, in: folder) {
      skopeo("oci:\(layout):x", "docker://\($0)/a/b:1")
    }
  }

  /// curl does the least that puts a blob into a registry: one POST, one PUT, no digest computed.
  private func pushToCurl(_ layout: String, in folder: String) async throws -> Row {
    let manifest = try manifest(of: layout)
    guard let digest = manifest["layers"]?.array?.first?["digest"]?.string else { throw BenchFailure(layout) }
    let blob = "\(layout)/blobs/\(digest.replacing(":", with: "/"))"
    let script = """
      location=$(curl -sf -X POST -o /dev/null -D - http://$1/v2/a/b/blobs/uploads/ | tr -d '\\r' | sed -n 's/^Location: //p')
      exec curl -sf -T "$2" -H 'Content-Type: application/octet-stream' "$location&digest=$3"
      """
    return try await comparePushes("push 161 MB in 1 layer", "curl -T", layout, in: folder) {
      Subprocess("sh", ["-c", script, "sh", $0, blob, digest])
    }
  }

  private func comparePushes(
    _ work: String, _ peer: String, _ layout: String, in folder: String, theirs: (String) -> Subprocess
  ) async throws -> Row {
    var times: ([Double], [Double]) = ([], [])
    let cache = folder + "/cache"
    for _ in 0..<5 {
      try await withRegistry(in: folder) { domain in
        try Files.remove(cache)
        times.0.append(try await time(program(["push", "oci:\(layout):x", "\(domain)/a/b:1"], cache: cache)))
      }
      try await withRegistry(in: folder) { times.1.append(try await time(theirs($0))) }
    }
    return Row(work: work, peer: peer, drydock: times.0, others: times.1)
  }

  private func withRegistry(in folder: String, _ body: (String) async throws -> Void) async throws {
    let path = folder + "/fresh"
    try Files.remove(path)
    try Files.createDirectory(path)
    let server = try await DockerRegistry(in: path)
    defer { server.stop() }
    try await body(server.domain)
  }

  // MARK: A slow line

  /// 40 MB from a registry that gives each connection 5 MB a second; curl has one connection.
  private func throttled(in folder: String) async throws -> Row {
    let (output, cache) = (folder + "/blob", folder + "/cache")
    let registry = TestRegistry(fault: { request, answer in
      guard request.target.contains("/blobs/") else { return nil }
      var answer = answer
      answer.fault = .slow(piece: 50_000, milliseconds: 10)
      return answer
    })
    defer { registry.stop() }
    let layer = [UInt8](unsafeUninitializedCapacity: 40_000_000) { buffer, count in
      for index in 0..<40_000_000 { buffer[index] = UInt8(truncatingIfNeeded: index &* index >> 7) }
      count = 40_000_000
    }
    let config = Array(#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8)
    let blob = Descriptor(mediaType: .layer, digest: registry.add(blob: layer, to: "a"), size: layer.count)
    let manifest = Manifest(
      config: Descriptor(mediaType: .imageConfig, digest: registry.add(blob: config, to: "a"), size: config.count),
      layers: [blob])
    registry.add(manifest: manifest.bytes, type: MediaType.imageManifest.rawValue, to: "a", tag: "1")
    return try await compare(
      "pull 40 MB at 5 MB/s a connection", "curl", runs: 3,
      ours: {
        try Files.remove(cache)
        return program(["pull", "\(registry.domain)/a:1"], cache: cache)
      },
      theirs: {
        Subprocess("curl", ["-sf", "-o", output, "http://\(registry.domain)/v2/a/blobs/\(blob.digest)"])
      })
  }

  // MARK: Programs and files

  private func program(_ words: [String], cache: String) -> Subprocess {
    Subprocess(drydock, words, environment: environment(["DRYDOCK_CACHE": cache]))
  }

  private func skopeo(_ from: String, _ to: String) -> Subprocess {
    Subprocess("skopeo", ["copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false", from, to])
  }

  /// A layout of an image whose layers are gzip files of random bytes, 161 MB in all.
  private func writeLayout(_ path: String, layers: Int) async throws {
    try Files.createDirectory(path + "/blobs/sha256")
    // skopeo compresses what it does not take for compressed.
    let script = """
      cd "$1/blobs/sha256"
      for number in $(seq "$2"); do
        head -c "$((161000000 / $2))" /dev/urandom > plain; gzip -1 -n -k plain
        plain=$(sha256sum < plain | cut -d' ' -f1); packed=$(sha256sum < plain.gz | cut -d' ' -f1)
        echo "$plain $packed $(stat -c %s plain.gz)"
        mv plain.gz "$packed"; rm plain
      done
      """
    let made = try await Subprocess("sh", ["-ec", script, "sh", path, String(layers)]).run()
    guard made.status == 0 else { throw BenchFailure(made.errorText) }
    let rows = made.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    var config = ImageConfig(platform: .linuxAMD64)
    config.diffIDs = try rows.map { try Digest(algorithm: .sha256, hex: $0[0]) }
    let manifest = Manifest(
      config: try write(config.bytes, .imageConfig, to: path),
      layers: try rows.map { row in
        Descriptor(
          mediaType: .layerGzip, digest: try Digest(algorithm: .sha256, hex: row[1]), size: Int(row[2]) ?? 0)
      })
    let root = try write(manifest.bytes, .imageManifest, to: path, tag: "x")
    try Files.write(Index(manifests: [root]).bytes, to: path + "/index.json")
    try Files.write(#"{"imageLayoutVersion":"1.0.0"}"#, to: path + "/oci-layout")
  }

  private func write(
    _ bytes: [UInt8], _ type: MediaType, to layout: String, tag: String? = nil
  ) throws -> Descriptor {
    let digest = SHA256.digest(of: bytes)
    try Files.write(bytes, to: "\(layout)/blobs/sha256/\(digest.hex)")
    return Descriptor(
      mediaType: type, digest: digest, size: bytes.count,
      annotations: tag.map { ["org.opencontainers.image.ref.name": $0] } ?? [:])
  }

  private func manifest(of layout: String) throws -> JSONValue {
    let index = try Index(parsing: try Files.read(layout + "/index.json"))
    guard let digest = index.manifests.first?.digest else { throw BenchFailure(layout) }
    return try JSONValue(parsing: try Files.read("\(layout)/blobs/sha256/\(digest.hex)"))
  }
}
