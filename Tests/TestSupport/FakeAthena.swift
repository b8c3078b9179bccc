public import JSON
import Synchronization

/// An Athena and its S3 on the loopback: strict where the real one is, and with every fault that a test asks for.
///
/// Unlike `moto` it hands out pages, compares tokens, throttles, fails, takes its time and cuts connections.
public final class FakeAthena: Sendable {
  /// What becomes of a statement.
  public struct Behaviour: Sendable {
    /// The result of one that succeeds.
    public var result = FakeAthenaResult([], [], statementType: "DDL")
    /// Why it fails; it succeeds if absent.
    public var failure: (reason: String, category: Int, type: Int, isRetryable: Bool)?
    /// How often it is asked for before it ends.
    public var polls = 0
    /// How long it takes at least.
    public var duration: Duration = .zero
    /// Whether an earlier result was taken.
    public var isReused = false

    /// Succeeds at once, without rows.
    public init() {}

    /// Succeeds at once.
    public init(_ result: FakeAthenaResult) { self.result = result }

    /// Succeeds after it was asked for some times.
    public init(_ result: FakeAthenaResult, polls: Int) {
      self.result = result
      self.polls = polls
    }

    /// Fails.
    public static func failing(
      _ reason: String, category: Int, type: Int, isRetryable: Bool
    ) -> Behaviour {
      var behaviour = Behaviour()
      behaviour.failure = (reason, category, type, isRetryable)
      return behaviour
    }
  }

  /// What goes wrong with one request.
  public enum Fault: Sendable {
    /// Too many requests at once.
    case throttled
    /// Too many statements at once.
    case queueFull
    /// Athena's own fault.
    case internalError
    /// The connection is cut before the answer, though what was asked is done.
    case cutAfterwards
    /// These keys may not do this.
    case denied
    /// The body of the answer breaks off.
    case truncated
  }

  struct Execution: Sendable {
    let text: String
    let database: String?
    let location: String?
    let workGroup: String?
    let parameters: [String]
    let behaviour: Behaviour
    let start: ContinuousClock.Instant
    var polls = 0
    var isCancelled = false
    var state: String {
      if isCancelled { return "CANCELLED" }
      if polls <= behaviour.polls || ContinuousClock.now - start < behaviour.duration {
        return polls <= 1 && behaviour.polls > 0 ? "QUEUED" : "RUNNING"
      }
      return behaviour.failure == nil ? "SUCCEEDED" : "FAILED"
    }
  }

  struct State: Sendable {
    var executions: [String: Execution] = [:]
    var tokens: [String: String] = [:]
    var files: [String: [UInt8]] = [:]
    /// How often each operation was asked for.
    var counts: [String: Int] = [:]
  }

  final class Core: Sendable {
    // Written by the threads of all connections.
    let state = Mutex(State())
    let behaviour: @Sendable (String) -> Behaviour
    let fault: @Sendable (String, Int) -> Fault?
    init(
      _ behaviour: @escaping @Sendable (String) -> Behaviour, _ fault: @escaping @Sendable (String, Int) -> Fault?
    ) {
      self.behaviour = behaviour
      self.fault = fault
    }
  }

  private let core: Core
  private let server: HTTPTestServer

  /// The bucket that results lie in.
  public static let bucket = "athena-results"

  /// Starts a server.
  ///
  /// - Parameters:
  ///   - fault: What goes wrong with an operation's nth request, from 1; `GetObject` and `HeadBucket` are operations, too.
  ///   - behaviour: What becomes of a statement.
  public init(
    fault: @escaping @Sendable (_ operation: String, _ count: Int) -> Fault? = { _, _ in nil },
    _ behaviour: @escaping @Sendable (_ text: String) -> Behaviour
  ) {
    let core = Core(behaviour, fault)
    self.core = core
    server = HTTPTestServer { core.answer($0) }
  }

  /// The address of both services.
  public var origin: String { server.origin }
  /// Closes everything and waits.
  public func stop() { server.stop() }
  /// How often an operation was asked for.
  public func count(_ operation: String) -> Int { core.state.withLock { $0.counts[operation] ?? 0 } }
  /// The statements that were started, in no order.
  public var texts: [String] { core.state.withLock { $0.executions.values.map(\.text) } }
  /// The parameters that statements were started with.
  public var parameters: [[String]] { core.state.withLock { $0.executions.values.map(\.parameters) } }
  /// How many statements were stopped.
  public var stoppedCount: Int { core.state.withLock { $0.executions.values.count { $0.isCancelled } } }
  /// The bodies of an operation's requests, in order.
  public func inputs(of operation: String) -> [JSONValue] {
    server.requests.filter { $0["X-Amz-Target"] == "AmazonAthena.\(operation)" }
      .compactMap { try? JSONValue(parsing: $0.body) }
  }

  /// The variables with which AWS's tools ask here.
  public var environment: [String: String] {
    [
      "AWS_ENDPOINT_URL": origin, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "hidden-secret",
      "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1", "AWS_EC2_METADATA_DISABLED": "true",
      "AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
    ]
  }

  /// A text as JSON writes it.
  static func quoted(_ text: String) -> String { JSONValue.string(text).text() }
}
