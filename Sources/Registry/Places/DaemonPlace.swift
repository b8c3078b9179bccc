import Glibc
import HTTP
import Host
import Images
import JSON
import OCI

/// The images of a Docker daemon, which goes by its Engine API over a Unix socket.
///
/// The API has images as archives only, so a copy passes by a file beside the store.
struct DockerDaemon: Sendable {
  private let client: HTTPClient

  /// Finds the daemon: `DOCKER_HOST`, if that is a socket, else the usual one.
  init(environment: [String: String]) throws(RegistryError) {
    var socket = "/var/run/docker.sock"
    if let host = environment["DOCKER_HOST"], !host.isEmpty {
      guard host.hasPrefix("unix://") else {
        throw .place("DOCKER_HOST=\(host)", reason: "only a daemon behind a Unix socket can be used")
      }
      socket = String(host.dropFirst(7))
    }
    var configuration = HTTPConfiguration()
    configuration.unixSocket = socket
    configuration.retry = RetryPolicy(attempts: 1)
    client = HTTPClient(configuration: configuration)
  }

  /// Writes an image into a file, as `docker save` does.
  func save(_ name: String, to path: String) async throws(RegistryError) {
    let request = HTTPRequest(try url("images/\(PercentEncoding.encodedComponent(name))/get"))
    do throws(HTTPError) { _ = try await client.download(request, to: path) } catch {
      if error.kind == .status(404) { throw .missing("The image \(name) of the Docker daemon") }
      throw unreachable(error)
    }
  }

  /// Names the socket, which the address of a request does not.
  private func unreachable(_ error: HTTPError) -> RegistryError {
    guard case .unreachable = error.kind, let socket = client.configuration.unixSocket else { return .http(error) }
    let code = Files.exists(socket) ? ECONNREFUSED : ENOENT
    return .system(SystemError("reach the Docker daemon (DOCKER_HOST names another one) at", socket, code: code))
  }

  /// Reads the images of a file, as `docker load` does.
  func load(_ path: String) async throws(RegistryError) {
    let size: Int
    do throws(SystemError) { size = try FileStatus(of: path).size } catch { throw .system(error) }
    var request = HTTPRequest(.post, try url("images/load?quiet=1"), headers: ["Content-Type": "application/x-tar"])
    request.file = HTTPRequest.FileBody(path: path, offset: 0, count: Int64(size))
    request.limits.stall = .seconds(300)
    let response: HTTPResponse
    do throws(HTTPError) { response = try await client.once(request) } catch { throw unreachable(error) }
    guard response.isSuccess else { throw RegistryClient.refusal(response, at: "The Docker daemon") }
    // The answer is a list of JSON texts, one a line; a fault stands in one of them, under status 200.
    for line in response.body.split(separator: 10) {
      if let reason = (try? JSONValue(parsing: Array(line)))?["error"]?.string {
        throw .malformed(RegistryClient.line(reason), at: "the Docker daemon")
      }
    }
  }

  private func url(_ path: String) throws(RegistryError) -> HTTPURL {
    do throws(HTTPURL.ParseError) { return try HTTPURL(parsing: "http://localhost/\(path)") } catch {
      throw .place(path, reason: "\(error)")
    }
  }
}

/// A daemon as a sink: an archive that it loads in the end.
final class DaemonSink: ImageSink {
  private let daemon: DockerDaemon
  private let work: TemporaryDirectory
  private let archive: ArchiveSink

  init(_ daemon: DockerDaemon, name: String, store: ContentStore) throws(RegistryError) {
    self.daemon = daemon
    do throws(ImageError) { work = try store.temporaryDirectory() } catch { throw RegistryError(error) }
    archive = try ArchiveSink(path: work.path + "/image.tar", form: .docker(name: name), store: store)
  }

  var holdsMany: Bool { false }

  func put(
    _ blob: Descriptor, mountingFrom other: Reference?, isVerified: Bool,
    content: @Sendable () async throws(RegistryError) -> BlobFile
  ) async throws(RegistryError) {
    try await archive.put(blob, mountingFrom: other, isVerified: isVerified, content: content)
  }

  func put(_ manifest: RawManifest, isRoot: Bool) async throws(RegistryError) {
    try await archive.put(manifest, isRoot: isRoot)
  }

  func finish() async throws(RegistryError) {
    try await archive.finish()
    try await daemon.load(work.path + "/image.tar")
    work.remove()
  }
}
