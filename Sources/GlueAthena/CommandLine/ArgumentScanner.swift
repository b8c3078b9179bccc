/// Reads the words of a command line from left to right.
///
/// `--name value` and `--name=value` are the same. The scanner knows nothing of the options there are: each command asks
/// for its own, so that whatever comes after a job's script is never looked at.
struct ArgumentScanner {
  /// One step: an option's name, or a word that is none.
  enum Word: Equatable {
    case option(String)
    case argument(String)
  }

  /// The words that were not read yet.
  private(set) var rest: ArraySlice<String>
  private var attached: (option: String, value: String)?

  init(_ words: some Collection<String>) {
    rest = ArraySlice(Array(words))
  }

  /// The next option or argument; nil at the end.
  mutating func next() throws(UsageError) -> Word? {
    if let attached { throw UsageError("\(attached.option) takes no value") }
    guard let word = rest.popFirst() else { return nil }
    guard word.hasPrefix("-"), word.count > 1, word != "--" else { return .argument(word) }
    guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { return .option(word) }
    let name = String(word[..<equals])
    attached = (name, String(word[word.index(after: equals)...]))
    return .option(name)
  }

  /// The value of the option that was just read.
  mutating func value(of option: String, _ meaning: String) throws(UsageError) -> String {
    if let attached {
      self.attached = nil
      return attached.value
    }
    guard let word = rest.popFirst() else { throw UsageError("\(option) needs \(meaning)") }
    return word
  }

  /// The value of the option that was just read, as a number of seconds that is not negative.
  mutating func seconds(of option: String) throws(UsageError) -> Double {
    let text = try value(of: option, "a number of seconds")
    guard let seconds = Double(text), seconds >= 0, seconds < 1e6 else {
      throw UsageError("\(option) needs a number of seconds, not \"\(text)\"")
    }
    return seconds
  }

  /// The value of the option that was just read, as one of a few words.
  mutating func choice<Choice: RawRepresentable & CaseIterable>(
    of option: String, as type: Choice.Type = Choice.self
  ) throws(UsageError) -> Choice where Choice.RawValue == String {
    let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    let text = try value(of: option, "one of \(words)")
    guard let choice = Choice(rawValue: text) else {
      throw UsageError("\(option) is one of \(words), not \"\(text)\"")
    }
    return choice
  }
}
