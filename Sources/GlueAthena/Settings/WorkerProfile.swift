/// A type of Glue worker: AWS Glue Developer Guide, "AWS Glue worker types".
struct WorkerProfile: Equatable, Sendable {
  /// The name as Glue writes it, for example `G.1X`.
  let name: String
  /// Processors of one worker.
  let processors: Int
  /// Memory of one worker in GiB.
  let gibibytes: Int

  /// All that are documented.
  static let all =
    [1, 2, 4, 8, 12, 16].map { WorkerProfile(name: "G.\($0)X", processors: $0 * 4, gibibytes: $0 * 16) }
    + [1, 2, 4, 8].map { WorkerProfile(name: "R.\($0)X", processors: $0 * 4, gibibytes: $0 * 32) }

  /// Understands a profile's name, in any case; `local` is nil: the container as it is.
  static func named(_ text: String) throws(UsageError) -> WorkerProfile? {
    if text.lowercased() == "local" { return nil }
    guard let profile = all.first(where: { $0.name == text.uppercased() }) else {
      let names = (["local"] + all.map(\.name)).joined(separator: ", ")
      throw UsageError("there is no profile \"\(text)\"", hint: "the profiles are \(names)")
    }
    return profile
  }

  /// Memory of one worker in bytes.
  var memory: Int { gibibytes << 30 }

  /// The heap of an executor in MiB.
  ///
  /// AWS publishes no table. Ten of sixteen parts for the heap and two above it are what people who run Spark on machines
  /// of this size settle on; the rest is the worker's own.
  var executorHeap: Int { gibibytes * 640 }

  /// What an executor may use above its heap, in MiB.
  var executorOverhead: Int { gibibytes * 128 }
}
