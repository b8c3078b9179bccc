import Versions

/// Says something about the version of one package: that it is in a set, or that it is not.
///
/// A negative term also holds if the package is not selected at all, which is what sets it apart from a positive term
/// with the complement.
enum Term<Cut: Comparable & Hashable & Sendable>: Hashable, Sendable {
  case positive(VersionRanges<Cut>)
  case negative(VersionRanges<Cut>)

  /// Holds whatever is selected.
  static var any: Self { .negative(.empty) }

  var isAny: Bool {
    if case .negative(let set) = self { set.isEmpty } else { false }
  }

  /// The versions that may be selected, if one has to be.
  var positiveSet: VersionRanges<Cut>? {
    if case .positive(let set) = self { set } else { nil }
  }

  var negated: Self {
    switch self {
    case .positive(let set): .negative(set)
    case .negative(let set): .positive(set)
    }
  }

  /// Holds if both terms hold.
  func intersection(_ other: Self) -> Self {
    switch (self, other) {
    case (.positive(let left), .positive(let right)): .positive(left.intersection(right))
    case (.positive(let left), .negative(let right)): .positive(left.intersection(right.complement))
    case (.negative(let left), .positive(let right)): .positive(left.complement.intersection(right))
    case (.negative(let left), .negative(let right)): .negative(left.union(right))
    }
  }

  /// Holds if either term holds.
  func union(_ other: Self) -> Self {
    negated.intersection(other.negated).negated
  }

  /// Whether the terms can't both hold.
  func isDisjoint(with other: Self) -> Bool {
    switch (self, other) {
    case (.positive(let left), .positive(let right)): left.isDisjoint(with: right)
    case (.positive(let set), .negative(let excluded)), (.negative(let excluded), .positive(let set)):
      set.isSubset(of: excluded)
    case (.negative, .negative): false
    }
  }

  /// Whether `other` holds wherever this term does.
  func implies(_ other: Self) -> Bool {
    switch (self, other) {
    case (.positive(let left), .positive(let right)): left.isSubset(of: right)
    case (.positive(let left), .negative(let right)): left.isDisjoint(with: right)
    case (.negative, .positive): false
    case (.negative(let left), .negative(let right)): right.isSubset(of: left)
    }
  }
}
