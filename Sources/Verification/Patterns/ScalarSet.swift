/// A set of Unicode scalars, as one place of a pattern accepts them.
struct ScalarSet: Sendable, Hashable {
  /// Scalars by number.
  var ranges: [ClosedRange<UInt32>] = []
  /// Unicode general categories by the letters of their short names, `L` or `Lu`.
  var categories: [Category] = []
  /// Sets whose scalars are none of these.
  var complements: [ScalarSet] = []
  /// Whether all that was said means the opposite.
  var isNegated = false
  /// Whether a letter stands for its other case too.
  var foldsCase = false

  /// A general category, or all but it.
  struct Category: Sendable, Hashable {
    let name: String
    let isNegated: Bool

    func contains(_ scalar: Unicode.Scalar) -> Bool {
      (scalar.properties.generalCategory.shortName.hasPrefix(name)) != isNegated
    }
  }

  /// A set of ranges.
  init(_ ranges: [ClosedRange<UInt32>] = []) { self.ranges = ranges }

  /// The set of one scalar.
  init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

  /// Every scalar.
  static let any = ScalarSet([0...0x10FFFF])
  /// Every scalar but the line feed.
  static let anyButLineFeed = ScalarSet([0...9, 11...0x10FFFF])
  /// RE2's `\d`.
  static let digits = ScalarSet([48...57])
  /// RE2's `\s`.
  static let spaces = ScalarSet([9...10, 12...13, 32...32])
  /// RE2's `\w`.
  static let words = ScalarSet([48...57, 65...90, 95...95, 97...122])

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    if includes(scalar) { return !isNegated }
    if foldsCase, Self.otherCases(of: scalar).contains(where: includes) { return !isNegated }
    return isNegated
  }

  /// The other cases of a letter that are single scalars.
  static func otherCases(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping].compactMap { text in
      let scalars = text.unicodeScalars
      return scalars.count == 1 && scalars.first != scalar ? scalars.first : nil
    }
  }

  private func includes(_ scalar: Unicode.Scalar) -> Bool {
    ranges.contains { $0.contains(scalar.value) } || categories.contains { $0.contains(scalar) }
      || complements.contains { !$0.contains(scalar) }
  }

  /// Adds what another set holds.
  mutating func form(union other: ScalarSet) {
    if other.isNegated {
      var complement = other
      complement.isNegated = false
      complements.append(complement)
    } else {
      ranges += other.ranges
      categories += other.categories
      complements += other.complements
    }
  }

  var negated: ScalarSet {
    var set = self
    set.isNegated.toggle()
    return set
  }

  /// The ASCII classes of RE2, by the names between `[:` and `:]`.
  static let named: [String: ScalarSet] = [
    "alnum": ScalarSet([48...57, 65...90, 97...122]), "alpha": ScalarSet([65...90, 97...122]),
    "ascii": ScalarSet([0...127]), "blank": ScalarSet([9...9, 32...32]), "cntrl": ScalarSet([0...31, 127...127]),
    "digit": .digits, "graph": ScalarSet([33...126]), "lower": ScalarSet([97...122]), "print": ScalarSet([32...126]),
    "punct": ScalarSet([33...47, 58...64, 91...96, 123...126]), "space": ScalarSet([9...13, 32...32]),
    "upper": ScalarSet([65...90]), "word": .words, "xdigit": ScalarSet([48...57, 65...70, 97...102]),
  ]
}

extension Unicode.GeneralCategory {
  /// The two letters of the Unicode character database.
  var shortName: String {
    switch self {
    case .uppercaseLetter: "Lu"
    case .lowercaseLetter: "Ll"
    case .titlecaseLetter: "Lt"
    case .modifierLetter: "Lm"
    case .otherLetter: "Lo"
    case .nonspacingMark: "Mn"
    case .spacingMark: "Mc"
    case .enclosingMark: "Me"
    case .decimalNumber: "Nd"
    case .letterNumber: "Nl"
    case .otherNumber: "No"
    case .connectorPunctuation: "Pc"
    case .dashPunctuation: "Pd"
    case .openPunctuation: "Ps"
    case .closePunctuation: "Pe"
    case .initialPunctuation: "Pi"
    case .finalPunctuation: "Pf"
    case .otherPunctuation: "Po"
    case .mathSymbol: "Sm"
    case .currencySymbol: "Sc"
    case .modifierSymbol: "Sk"
    case .otherSymbol: "So"
    case .spaceSeparator: "Zs"
    case .lineSeparator: "Zl"
    case .paragraphSeparator: "Zp"
    case .control: "Cc"
    case .format: "Cf"
    case .surrogate: "Cs"
    case .privateUse: "Co"
    case .unassigned: "Cn"
    @unknown default: "Cn"
    }
  }

  /// The names that a pattern may use: the letters of a group, and each category.
  static let names: Set<String> = [
    "L", "M", "N", "P", "S", "Z", "C", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd",
    "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
  ]
}
