import Host

/// Keeps keys until shortly before they end, and asks for new ones once however many wait for them.
actor CredentialStore {
  private let chain: CredentialChain
  private var current: AWSCredentials?
  private var asking: Task<Result<AWSCredentials, AWSError>, Never>?

  /// Seconds before the end at which keys are replaced.
  private static let margin = 300

  init(chain: CredentialChain) { self.chain = chain }

  func credentials() async throws(AWSError) -> AWSCredentials {
    if let current, current.expiration.map({ $0 - Self.margin > Clock.now }) ?? true { return current }
    let task =
      asking
      ?? Task { [chain] in
        do throws(AWSError) { return .success(try await chain.credentials()) } catch { return .failure(error) }
      }
    asking = task
    let result = await task.value
    asking = nil
    let credentials = try result.get()
    current = credentials
    return credentials
  }

  /// Forgets keys that a service did not take any more.
  func forget(_ credentials: AWSCredentials) {
    if current == credentials { current = nil }
  }
}
