import Versions

/// Is a set of terms that must not all hold.
///
/// Packages are numbers here, in the order in which the solver met them: comparing them is most of what solving does.
struct Incompatibility<Version: SolverVersion, Reason: Hashable & Sendable>: Sendable {
  /// Says how an incompatibility came about.
  enum Cause: Sendable {
    /// The root has to be selected.
    case root
    /// A package has no version in a set.
    case noVersions
    /// A version or a package can't be used.
    case unavailable(Reason)
    /// The first package's versions need the second.
    case dependency(of: Int, on: Int)
    /// Two others, by their places in the solver's list, imply it.
    case derived(Int, Int)
  }

  /// At most one term for each package.
  let terms: [(package: Int, term: Term<Version.Cut>)]
  /// How it came about.
  let cause: Cause

  /// The term on `package`, if there is one.
  func term(on package: Int) -> Term<Version.Cut>? {
    terms.first { $0.package == package }?.term
  }

  /// Returns what two incompatibilities imply together once `package`, which both speak of, is taken out.
  static func resolvent(
    _ first: Int, _ second: Int, on package: Int, in all: [Incompatibility]
  ) -> Incompatibility {
    var merged: [(package: Int, term: Term<Version.Cut>)] = []
    for entry in all[first].terms where entry.package != package {
      let other = all[second].term(on: entry.package)
      merged.append((entry.package, other.map(entry.term.intersection) ?? entry.term))
    }
    for entry in all[second].terms where entry.package != package && all[first].term(on: entry.package) == nil {
      merged.append(entry)
    }
    if let left = all[first].term(on: package), let right = all[second].term(on: package) {
      let union = left.union(right)
      if !union.isAny { merged.append((package, union)) }
    }
    return Incompatibility(terms: merged, cause: .derived(first, second))
  }
}
