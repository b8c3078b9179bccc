import Versions

/// Reports that one selection can't do for all environments: each of these sets is to be resolved alone.
struct PythonFork: Error {
  /// The sets, which do not overlap, in the order in which they are to be resolved.
  let environments: [EnvironmentSet]
}

extension PythonFork {
  /// Splits environments where needs on one project differ between them; one set if they don't.
  ///
  /// Only what stands side by side is looked at: needs of different packages that contradict each other in different
  /// environments are a conflict, as they are for uv.
  init?(_ needs: [PythonNeed], in environments: EnvironmentSet) {
    var groups: [PackageName: [PythonNeed]] = [:]
    var names: [PackageName] = []
    for need in needs {
      if groups[need.name] == nil { names.append(need.name) }
      groups[need.name, default: []].append(need)
    }
    var sets = [environments]
    for name in names {
      let group = groups[name] ?? []
      let raises = group.contains { Self.raisesPython($0, in: environments) }
      guard raises || group.dropFirst().contains(where: { $0.environments != group[0].environments }) else { continue }
      for need in group {
        sets = sets.flatMap { set in
          [set.intersection(need.environments), set.intersection(need.environments.complement)].filter { !$0.isEmpty }
        }
      }
    }
    guard sets.count > 1 else { return nil }
    self.init(environments: Self.ordered(sets) { set in needs.filter { !$0.environments.isDisjoint(with: set) } })
  }

  /// Splits environments at a version of Python; `nil` if they lie on one side of it.
  init?(atPython version: PEP440Version, in environments: EnvironmentSet) {
    let newer = EnvironmentSet(pythonFrom: version)
    let sets = [environments.intersection(newer), environments.intersection(newer.complement)]
    guard sets.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.init(environments: sets)
  }

  /// Whether a need begins at a newer Python than the environments do: versions for that Python alone may serve it then.
  private static func raisesPython(_ need: PythonNeed, in environments: EnvironmentSet) -> Bool {
    guard let oldest = need.environments.oldestPython else { return false }
    return environments.oldestPython.map { $0 < oldest } ?? true
  }

  /// The newest Python first, since what is chosen for it is the newest; then where more needs have an upper end, since
  /// what satisfies those may satisfy the others too.
  private static func ordered(
    _ sets: [EnvironmentSet], needs: (EnvironmentSet) -> [PythonNeed]
  ) -> [EnvironmentSet] {
    let ranked = sets.map { set in
      (set: set, python: set.oldestPython, ends: needs(set).count { $0.versions.intervals.last?.upper != nil })
    }
    return ranked.enumerated().sorted { left, right in
      let (mine, theirs) = (left.element, right.element)
      switch (mine.python, theirs.python) {
      case (let first?, let second?) where first != second: return first > second
      case (_?, nil): return true
      case (nil, _?): return false
      default: return mine.ends != theirs.ends ? mine.ends > theirs.ends : left.offset < right.offset
      }
    }.map(\.element.set)
  }
}
