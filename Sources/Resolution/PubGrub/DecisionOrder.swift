/// Says which package the solver decides next.
///
/// What has only one version left to choose from comes first, as it fails soonest; then what has been in many
/// conflicts; else the order of first sight, which makes the outcome a function of the input's order and nothing else.
/// Members of a family share a place.
struct DecisionOrder<Family: Hashable> {
  /// Says how pressing a family is.
  private enum Urgency: Int, Comparable {
    case exact
    case oftenRejected
    case oftenRejecting
    case usual

    static func < (left: Urgency, right: Urgency) -> Bool { left.rawValue < right.rawValue }
  }

  /// After this many conflicts a package's place is changed: rarely enough to leave easy inputs alone.
  private static var conflictLimit: Int { 5 }

  private var places: [Family: (urgency: Urgency, order: Int)] = [:]
  private var firstSights: [Int: Int] = [:]
  private var timesRejected: [Int: Int] = [:]
  private var timesRejecting: [Int: Int] = [:]

  /// Notes that a package was asked for, and whether that left it one version.
  mutating func note(_ package: Int, family: Family?, isExact: Bool) {
    if firstSights[package] == nil { firstSights[package] = firstSights.count }
    guard let family else { return }
    let urgency: Urgency = isExact ? .exact : .usual
    if let place = places[family] {
      places[family] = (min(place.urgency, urgency), place.order)
    } else {
      places[family] = (urgency, places.count)
    }
  }

  /// Counts a conflict that rejected one package because of others; returns those that have now rejected too often.
  mutating func noteConflict(
    rejected: (package: Int, family: Family?), by others: [(package: Int, family: Family?)]
  ) -> [Int] {
    let culprits = others.filter { $0.package != rejected.package && $0.family != rejected.family }
    guard !culprits.isEmpty else { return [] }
    timesRejected[rejected.package, default: 0] += 1
    if timesRejected[rejected.package] == Self.conflictLimit, let family = rejected.family {
      raise(family, to: .oftenRejected)
    }
    var raised: [Int] = []
    for culprit in culprits {
      timesRejecting[culprit.package, default: 0] += 1
      if timesRejecting[culprit.package] == Self.conflictLimit, let family = culprit.family,
        raise(family, to: .oftenRejecting)
      {
        raised.append(culprit.package)
      }
    }
    return raised
  }

  /// Whether the first package is decided before the second.
  func precedes(_ first: (package: Int, family: Family?), _ second: (package: Int, family: Family?)) -> Bool {
    rank(first) < rank(second)
  }

  /// Moves a family and returns whether it moved.
  ///
  /// One that conflicts have moved before stays where it is, as it would seesaw.
  @discardableResult
  private mutating func raise(_ family: Family, to urgency: Urgency) -> Bool {
    guard let place = places[family], place.urgency != urgency else { return false }
    if urgency == .oftenRejecting, place.urgency == .oftenRejected { return false }
    places[family] = (urgency, place.order)
    return true
  }

  private func rank(_ entry: (package: Int, family: Family?)) -> (Int, Int, Int) {
    let sight = firstSights[entry.package] ?? .max
    guard let family = entry.family, let place = places[family] else { return (-1, 0, sight) }
    return (place.urgency.rawValue, place.order, sight)
  }
}
