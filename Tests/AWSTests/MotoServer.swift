import Glibc
import HTTP
import Host
import JSON
import TestSupport

/// The independent fake of AWS's services, on a free port.
final class MotoServer: Sendable {
  private let pid: pid_t
  let origin: String
  private let http = HTTPClient(configuration: HTTPConfiguration())

  /// Starts a server and waits until it answers.
  init() async throws {
    let python = try await PythonTools.python()
    // The server chooses its port by itself, and says which.
    let script = """
      '\(python)' -c '
      import sys, time
      from moto.server import ThreadedMotoServer
      server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
      server.start()
      print(server.get_host_and_port()[1], flush=True)
      time.sleep(600)' > "$0/port" 2> "$0/log" < /dev/null &
      echo $!
      """
    let folder = try TemporaryDirectory(prefix: "moto")
    defer { folder.remove() }
    let started = try await Subprocess("sh", ["-c", script, folder.path]).run()
    pid = pid_t(started.text.filter(\.isNumber)) ?? 0
    var port = ""
    for _ in 0..<600 where port.isEmpty {
      try await Task.sleep(for: .milliseconds(100))
      port = ((try? Files.text(folder.path + "/port")) ?? "").filter(\.isNumber)
    }
    origin = "http://127.0.0.1:\(port)"
  }

  func stop() {
    guard pid > 1 else { return }
    kill(pid, SIGKILL)
  }

  /// Sends a request that needs no signature.
  func send(_ method: HTTPRequest.Method, _ path: String, _ body: String) async throws -> Int {
    try await http.data(
      for: HTTPRequest(
        method, try HTTPURL(parsing: origin + path), headers: ["Content-Type": "application/json"],
        body: Array(body.utf8))
    ).status
  }

  var environment: [String: String] {
    [
      "AWS_ENDPOINT_URL": origin, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s",
      "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nowhere",
      "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
    ]
  }
}
