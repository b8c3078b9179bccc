import Host

/// What a health check costs that an orchestrator starts every few seconds.
extension Bench {
  /// The time of `glue-athena health --live`, its start among it, and its memory, each beside its limit.
  func liveness() async throws {
    let check = Subprocess(glueAthena, ["health", "--live"], environment: environment([:]))
    var milliseconds: [Double] = []
    for _ in 0..<100 { milliseconds.append(try await time(check) * 1000) }
    print(Row(work: "glue-athena health --live in ms", peer: "limit", drydock: milliseconds, others: [5]))
    print(Row(work: "its peak memory in MB", peer: "limit", drydock: [try await peak(check)], others: [20]))
  }
}
