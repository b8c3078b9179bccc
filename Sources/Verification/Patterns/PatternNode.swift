/// A pattern as a tree.
indirect enum PatternNode: Sendable, Hashable {
  case empty
  case scalar(ScalarSet)
  case condition(Condition)
  case sequence([PatternNode])
  case alternatives([PatternNode])
  case repetition(PatternNode, least: Int, most: Int?)

  /// What must be true between two scalars.
  enum Condition: Sendable, Hashable {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary

    func holds(in text: [Unicode.Scalar], at index: Int) -> Bool {
      switch self {
      case .textStart: index == 0
      case .textEnd: index == text.count
      case .lineStart: index == 0 || text[index - 1] == "\n"
      case .lineEnd: index == text.count || text[index] == "\n"
      case .wordBoundary: isBoundary(text, index)
      case .noWordBoundary: !isBoundary(text, index)
      }
    }

    private func isBoundary(_ text: [Unicode.Scalar], _ index: Int) -> Bool {
      let before = index > 0 && ScalarSet.words.contains(text[index - 1])
      let after = index < text.count && ScalarSet.words.contains(text[index])
      return before != after
    }
  }
}
