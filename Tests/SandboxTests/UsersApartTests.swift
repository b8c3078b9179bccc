import Testing

@testable import Sandbox

/// Which users a second build is among.
struct UsersApartTests {
  private static func range(_ inside: UInt32, _ outside: UInt32, _ count: UInt32) -> IdentityMaps.Range {
    IdentityMaps.Range(inside: inside, outside: outside, count: count)
  }

  static let maps: [(own: [IdentityMaps.Range], apart: [IdentityMaps.Range]?)] = [
    // The machine's root: far away from everybody.
    ([range(0, 0, .max)], [range(0, 0, 1), range(1, 1_000_001, .max - 1_000_001)]),
    // Root of a container or an ordinary user: one further.
    ([range(0, 100_000, 65_536)], [range(0, 0, 1), range(1, 2, 65_534)]),
    ([range(0, 1000, 1), range(1, 100_000, 65_536)], [range(0, 0, 1), range(1, 2, 65_535)]),
    ([range(1, 100_000, 65_536), range(0, 1000, 1)], [range(0, 0, 1), range(1, 2, 65_535)]),
    // What lies behind a gap is left out.
    ([range(0, 1000, 10), range(20, 100_000, 10)], [range(0, 0, 1), range(1, 2, 8)]),
    // Nobody, or nobody else.
    ([range(0, 1000, 1)], nil), ([range(0, 1000, 1), range(5, 100_000, 10)], nil), ([], nil),
  ]

  @Test(arguments: maps.indices) func `every user but root is another one`(_ number: Int) {
    #expect(UserNamespace.apart(from: Self.maps[number].own) == Self.maps[number].apart)
  }
}
