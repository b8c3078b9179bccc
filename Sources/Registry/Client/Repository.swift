import HTTP
public import OCI

/// One repository of a registry, with the mirrors that hold the same.
///
/// Reading asks the mirrors in their order and the registry last; writing asks the registry alone.
/// Specification: OCI distribution-spec 1.1.
public struct Repository: Sendable {
  let client: RegistryClient
  /// The name that it was asked for by.
  public let reference: Reference
  let endpoints: [Endpoint]

  /// Asks one endpoint after the other until one has it; what the last one says counts.
  func reading<Result>(
    _ read: (Endpoint) async throws(RegistryError) -> Result
  ) async throws(RegistryError) -> Result {
    for endpoint in endpoints.dropLast() {
      do throws(RegistryError) { return try await read(endpoint) } catch {
        guard error.isWorthAnotherMirror else { throw error }
      }
    }
    return try await read(endpoints[endpoints.count - 1])
  }

  /// Where content is written to: the registry itself and none of its mirrors.
  func writing() throws(RegistryError) -> Endpoint {
    guard let last = endpoints.last, !last.isMirror else { throw .offline(reference.name) }
    return last
  }

  /// Repeats what failed for a moment, as often as the settings say.
  func retrying<Result>(
    _ work: () async throws(RegistryError) -> Result
  ) async throws(RegistryError) -> Result {
    var attempt = 1
    while true {
      do throws(RegistryError) { return try await work() } catch {
        try await pause(after: error, attempt: attempt)
        attempt += 1
      }
    }
  }

  /// Waits for as long as the settings say before the next attempt, or throws what happened if there is none.
  func pause(after error: RegistryError, attempt: Int) async throws(RegistryError) {
    let policy = client.configuration.http.retry
    guard error.isTemporary,
      let pause = policy.pause(afterAttempt: attempt, retryAfter: error.retryAfter, chance: .random(in: 0...1))
    else { throw error }
    do { try await Task.sleep(for: pause) } catch { throw .cancelled }
  }
}
