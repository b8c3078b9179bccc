/// Where long work says how far it is.
///
/// Libraries report values; whether anything is drawn is for the program's edge to decide.
public struct Progress: Sendable {
  /// What happened to one piece of work.
  public enum Event: Sendable {
    /// It began; `total` in `unit`s when that is known.
    case started(total: Int?)
    /// So much of it is done.
    case advanced(completed: Int)
    /// It ended, with a few words on the result.
    case finished(String?)
  }

  /// What pieces of work are counted in.
  public enum Unit: Sendable {
    /// Bytes.
    case bytes
    /// Things: packages, layers, tests.
    case items
  }

  private let handler: @Sendable (String, Unit, Event) -> Void

  /// Sends events to a handler, which may be called from any thread.
  public init(_ handler: @escaping @Sendable (_ name: String, _ unit: Unit, _ event: Event) -> Void) {
    self.handler = handler
  }

  /// Tells nobody.
  public static let none = Progress { _, _, _ in }

  /// Reports an event of a piece of work.
  ///
  /// - Parameter name: What the work is, for example `download pandas-2.2.2.whl`; the same for all its events.
  public func report(_ name: String, _ event: Event, unit: Unit = .items) { handler(name, unit, event) }

  /// Runs a piece of work between its start and its end.
  public func during<Result>(
    _ name: String, unit: Unit = .items, total: Int? = nil, _ work: () async throws -> Result
  ) async rethrows -> Result {
    report(name, .started(total: total), unit: unit)
    defer { report(name, .finished(nil), unit: unit) }
    return try await work()
  }
}
