import JSON

/// What one check found.
struct HealthCheck: Equatable, Sendable {
  let name: String
  let isHealthy: Bool
  /// What was seen, in a few words.
  let detail: String
  /// What mends it.
  let hint: String?
  /// How long the check took.
  let seconds: Double

  /// What a check says before it is timed.
  struct Answer: Equatable, Sendable {
    let isHealthy: Bool
    let detail: String
    let hint: String?

    static func good(_ detail: String) -> Answer { Answer(isHealthy: true, detail: detail, hint: nil) }

    static func bad(_ detail: String, hint: String) -> Answer { Answer(isHealthy: false, detail: detail, hint: hint) }
  }

  /// Makes a check and measures it.
  init(_ name: String, _ answer: () -> Answer) {
    let time = Stopwatch()
    let answer = answer()
    self.name = name
    isHealthy = answer.isHealthy
    detail = answer.detail
    hint = answer.hint
    seconds = time.seconds
  }

  var json: JSONValue {
    .object([
      "name": .string(name), "ok": .bool(isHealthy), "seconds": .number(Stopwatch.text(seconds)),
      "detail": .string(detail), "hint": hint.map { .string($0) },
    ])
  }
}
