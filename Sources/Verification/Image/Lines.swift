extension StringProtocol {
  /// The lines of a text, with either kind of end; a carriage return and a line feed are one character to Swift.
  var lines: [SubSequence] {
    split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
  }
}
