/// A command line that can't be understood.
struct UsageError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, in one sentence.
  let reason: String
  /// What to do instead, when there is something to say.
  let hint: String?

  init(_ reason: String, hint: String? = nil) {
    self.reason = reason
    self.hint = hint
  }

  var description: String { reason }
}
