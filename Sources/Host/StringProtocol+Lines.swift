extension StringProtocol {
  /// The lines of a text without their ends, which are `\n` or `\r\n`; Swift counts the latter as one character, so that splitting at
  /// a line feed would not see it.
  public var lines: [SubSequence] {
    split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
  }
}
