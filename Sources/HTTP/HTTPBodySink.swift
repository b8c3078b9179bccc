/// Somebody who takes the body of an answer as it comes.
///
/// Its functions are called on the loop's thread, one after the other, and should return at once: all transfers wait.
public protocol HTTPBodySink: Sendable {
  /// Decides what happens to the body of an answer, before its first byte; redirects come here, too.
  func begin(status: Int, headers: HTTPHeaders) -> HTTPBodyDecision
  /// Takes the next bytes; says what is wrong if something is, which ends the transfer.
  func receive(_ bytes: UnsafeRawBufferPointer) -> HTTPError.Kind?
}

/// What a sink wants of the body of an answer.
public enum HTTPBodyDecision: Sendable {
  /// The sink takes it.
  case take
  /// It is kept in memory as part of the answer: an error's text, for example.
  case leave
  /// The transfer ends here, for this reason.
  case stop(HTTPError.Kind)
}
