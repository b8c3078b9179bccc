/// Collects characters into words: white space ends a word unless it was quoted.
struct SplitWords {
  private var word = ""
  private var words: [String] = []
  private var isInWord = false

  mutating func add(_ scalar: Unicode.Scalar) {
    guard scalar.properties.isWhitespace else { return addQuoted(scalar) }
    guard isInWord, !word.isEmpty else { return }
    words.append(word)
    word = ""
    isInWord = false
  }

  mutating func add(_ text: String) {
    for scalar in text.unicodeScalars { add(scalar) }
  }

  mutating func addQuoted(_ scalar: Unicode.Scalar) {
    word.unicodeScalars.append(scalar)
    isInWord = true
  }

  mutating func addQuoted(_ text: String) {
    word += text
    isInWord = true
  }

  /// The words, with the one that was not ended yet.
  var all: [String] { word.isEmpty ? words : words + [word] }
}
