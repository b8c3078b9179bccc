import Glibc
import Host
import JSON

/// `glue-athena serve`: health and metrics over HTTP, beside a job.
struct ServeCommand: Sendable {
  let options: ServeOptions
  let container: Container
  private let readiness: ReadinessCache

  /// The variable that names the file in which `run` keeps the job's status.
  static let statusVariable = "GLUE_ATHENA_STATUS"
  /// Connections that are answered at once; more wait.
  private static let width = 32

  init(options: ServeOptions, container: Container) {
    self.options = options
    self.container = container
    readiness = ReadinessCache(
      program: Environment.executablePath, age: options.cache, timeout: options.timeout)
  }

  /// Serves until a signal ends it, or the job's supervisor is gone.
  func run() throws(SystemError) -> Int32 {
    // As the first process of a container it would otherwise ignore them.
    for number in [SIGTERM, SIGINT, SIGHUP] { signal(number) { _ in _exit(0) } }
    let listener: Listener
    if let socket = options.socket {
      listener = Listener(adopting: socket)
    } else {
      listener = try Listener(at: options.address)
      let address = ListenAddress(host: options.address.host, port: listener.port)
      Terminal.write("glue-athena: serves /healthz, /readyz and /metrics at http://\(address)\n", to: .error)
    }
    let supervisor = options.socket == nil ? nil : getppid()
    let open = Semaphore(Self.width)
    while supervisor == nil || supervisor == getppid() {
      var waiting = pollfd(fd: listener.number, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 1000) > 0 else { continue }
      let connection = accept(listener.number, nil, nil)
      guard connection >= 0 else { continue }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      open.wait()
      let isStarted = Thread.start {
        HTTPExchange(adopting: connection).serve(answer)
        open.signal()
      }
      if !isStarted {
        close(connection)
        open.signal()
      }
    }
    return 0
  }

  /// What is answered to a request.
  func answer(_ request: HTTPExchange.Request) -> HTTPExchange.Response {
    switch request.path {
    case "/healthz", "/livez":
      let check = LivenessChecks(container: container).process
      let report = HealthReport(level: .live, checks: [check], seconds: check.seconds)
      return .json(report.isHealthy ? 200 : 503, report.json.text())
    case "/readyz":
      let answer = readiness.answer()
      return .json(answer.isReady ? 200 : 503, answer.report.text())
    case "/metrics":
      let page = MetricsPage(
        isLive: LivenessChecks(container: container).process.isHealthy, readiness: readiness.answer(),
        group: ControlGroup(of: container), status: status)
      return HTTPExchange.Response(status: 200, type: MetricsPage.type, body: page.body)
    default:
      return .text(404, "there are /healthz, /readyz and /metrics")
    }
  }

  /// The job's status: of the file that is named, else of the newest run in the container.
  private var status: JSONValue? {
    let named = container[Self.statusVariable].map { [$0] }
    for path in named ?? runs {
      if let bytes = try? Files.read(path, limit: 1 << 20), let value = try? JSONValue(parsing: bytes) { return value }
    }
    return nil
  }

  private var runs: [String] {
    let paths = container.entries(of: RunDirectory.parent(in: container).path, startingWith: RunDirectory.prefix + "-")
      .map { RunDirectory(path: $0).status }
    return paths.compactMap { path in (try? FileStatus(of: path)).map { (path, $0.modified) } }
      .sorted { $0.1 > $1.1 }.map(\.0)
  }
}
