import HTTP
import Host
import JSON
import OCI
import Testing

@testable import Recording

/// The file beside a Dockerfile that says what its commands fetched.
struct NetworkLockTests {
  private static let digest = String(repeating: "0a", count: 32)
  private static func key(_ stage: String, _ text: String) -> NetworkLock.StepKey {
    NetworkLock.StepKey(stage: stage, platform: "linux/amd64", instruction: text)
  }
  private static func request(_ url: String, status: Int = 200, accept: String? = nil) throws -> RecordedRequest {
    RecordedRequest(
      method: "GET", url: url, accept: accept, isAuthorized: false, status: status,
      fields: status == 302 ? ["Location": "/b"] : ["Content-Type": "text/plain"],
      body: status == 200 ? .init(digest: try Digest(parsing: "sha256:" + digest), size: 3) : nil)
  }

  @Test func `a lock is read as it was written, in an order of its own`() throws {
    let requests = [try Self.request("http://h/b", accept: "x/y"), try Self.request("http://h/a", status: 302)]
    let steps = [NetworkLock.Step(Self.key("1", "RUN b"), requests), NetworkLock.Step(Self.key("0", "RUN a"), [])]
    let lock = NetworkLock(steps)
    #expect(lock == NetworkLock(steps.reversed()))
    #expect(try NetworkLock(json: JSONValue(parsing: lock.text)) == lock)
    #expect(lock.step(Self.key("1", "RUN b"))?.requests.map(\.url) == ["http://h/a", "http://h/b"])
    #expect(lock.step(Self.key("1", "RUN c")) == nil)
  }

  @Test func `what is recorded anew takes the place of the old, and commands that are gone go`() throws {
    func step(_ text: String, _ url: String?) throws -> NetworkLock.Step {
      NetworkLock.Step(Self.key("0", text), try url.map { [try Self.request($0)] } ?? [])
    }
    let lock = NetworkLock([try step("a", "http://1"), try step("b", "http://2"), try step("c", "http://3")])
    let updated = lock.updated(with: [try step("a", "http://4"), try step("d", nil)]) { $0.instruction != "c" }
    #expect(updated == NetworkLock([try step("a", "http://4"), try step("b", "http://2")]))
  }

  /// A file that is none, and what is said of it.
  static let malformed: [(text: String, told: String)] = [
    ("{", "FILE:1:2: "), ("[]", "FILE: expected \"version\": \"1\""),
    (#"{"version":"1"}"#, "FILE: expected a list 'steps'"),
    (#"{"steps":[{}],"version":"1"}"#, "FILE: steps[0]: expected 'stage'"),
    (request(#""method":"POST""#), "FILE: steps[0].requests[0].method: expected GET or HEAD"),
    (request(#""method":"GET""#), "FILE: steps[0].requests[0].url: expected an address"),
    (request(#""method":"GET","url":"http://h","status":99"#), "FILE: steps[0].requests[0].status: expected a status"),
    (
      request(#""method":"GET","url":"http://h","status":200,"sha256":"../../etc/passwd","size":1"#),
      "FILE: steps[0].requests[0].sha256: expected 64 hexadecimal digits"
    ),
    (
      request(#""method":"GET","url":"http://h","status":200,"sha256":"\#(digest)","size":-1"#),
      "FILE: steps[0].requests[0].size: expected a number of bytes"
    ),
    (
      request(#""method":"GET","url":"http://h","status":200,"fields":{"A":"b\r\nC: d"}"#),
      "FILE: steps[0].requests[0].fields: expected texts of one line"
    ),
  ]
  private static func request(_ members: String) -> String {
    #"{"steps":[{"stage":"0","platform":"p","instruction":"RUN","requests":[{\#(members)}]}],"version":"1"}"#
  }

  @Test(arguments: malformed) func `a malformed file is refused where it is wrong`(_ text: String, _ told: String)
    throws
  {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/lock"
    try Files.write(text, to: path)
    let error = #expect(throws: RecordingError.self) { try NetworkLock(file: path) }
    #expect(error?.description.replacing(path, with: "FILE").hasPrefix(told) == true, "\(error?.description ?? "")")
  }

  static let secrets: [(address: String, written: String)] = [
    ("http://u:p@h:8/x#f", "http://h:8/x"), ("https://h/x?a=1&token=t&b=2", "https://h/x?a=1&b=2"),
    ("https://h/x?X-Amz-Signature=s&X-Amz-Date=d", "https://h/x"),
    ("https://h/x?sig=s&se=2026&sp=r&v=1", "https://h/x?v=1"),
    ("https://h/x?sp=2", "https://h/x?sp=2"),
    ("https://h/x?service=git-upload-pack", "https://h/x?service=git-upload-pack"),
    ("/y?api_key=k", "/y"), ("//u:p@h/y", "//h/y"), ("https://h/@scope/name", "https://h/@scope/name"),
    ("https://h/x?access_token", "https://h/x"),
  ]

  @Test(arguments: secrets) func `secrets of an address are not written down`(_ address: String, _ written: String) {
    #expect(HTTPURL.withoutSecrets(address) == written)
  }
}
