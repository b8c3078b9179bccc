/// Expands variables in a word and splits it, as BuildKit does for the instructions that know variables.
///
/// The language is a part of the shell's (POSIX, Shell Command Language, 2.2 and 2.6.2): `$NAME`, `${NAME}`, the
/// modifiers `:-  -  :+  +  :?  ?  #  ##  %  %%  /  //`, quotes, and the file's escape character.
public struct WordExpander: Sendable {
  /// What is left as it was written.
  public struct Options: OptionSet, Sendable {
    /// The bits.
    public let rawValue: Int
    /// Makes options of bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Quotes stay.
    public static let keepsQuotes = Options(rawValue: 1)
    /// Escape characters stay.
    public static let keepsEscapes = Options(rawValue: 2)
    /// Variables without a value stay as they were written.
    public static let keepsUnset = Options(rawValue: 4)
    /// Quotes mean nothing, as in a here-document.
    public static let ignoresQuotes = Options(rawValue: 8)
    /// Names of variables are the same in upper and lower case, as on Windows.
    public static let foldsNames = Options(rawValue: 16)
  }

  /// What a word became.
  public struct Expansion: Sendable, Hashable {
    /// The whole text; white space outside of quotes is kept.
    public var text = ""
    /// The text split at white space that was not quoted, after variables were expanded.
    public var words: [String] = []
    /// The variables that have a value and were asked for.
    public var used: Set<String> = []
    /// The variables that were asked for and have none.
    public var unset: Set<String> = []
  }

  /// The variables.
  public var variables: [String: String]
  /// What is left as it was written.
  public var options: Options
  /// The character that takes its meaning from the next one: `\`, or what the directive says.
  public var escape: Unicode.Scalar

  /// Makes an expander over variables.
  public init(_ variables: [String: String] = [:], options: Options = [], escape: Unicode.Scalar = "\\") {
    self.variables = variables
    self.options = options
    self.escape = escape
  }

  /// Expands and splits a word.
  public func expand(_ word: String) throws(WordError) -> Expansion {
    var run = ExpansionRun(self, word)
    return try run.expand()
  }

  func value(of name: String) -> String? {
    guard options.contains(.foldsNames) else { return variables[name] }
    return variables.first { $0.key.lowercased() == name.lowercased() }?.value
  }
}
