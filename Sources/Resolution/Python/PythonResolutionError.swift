public import Versions

/// Reports that no selection of Python packages satisfies a request.
public struct PythonResolutionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Says what stands in the way.
  public enum Kind: Hashable, Sendable {
    /// No index has a project that is needed.
    case unknownProject(PackageName)
    /// A project has no version that the requirements admit.
    case noMatchingVersion(PackageName)
    /// A project has such versions, but none can be used.
    case noUsableVersion(PackageName)
    /// Requirements contradict each other.
    case conflict
    /// A requirement names an address instead of versions, which can't be locked.
    case address(Requirement)
    /// An index does not say when files were uploaded, but the request excludes newer ones.
    case noUploadTimes(PackageName)
    /// Environments differ in more ways than can be told apart.
    case tooManyParts
  }

  /// What stands in the way.
  public let kind: Kind
  /// The proof, a sentence each, the conclusion last.
  public let explanation: [String]
  /// What to try, a sentence each.
  public let hints: [String]

  /// The proof as one paragraph.
  public var description: String { explanation.joined(separator: " ") }

  init(unsupported requirement: Requirement) {
    kind = .address(requirement)
    explanation = ["The requirement '\(requirement)' names an address, but only versions from an index can be locked."]
    hints = ["ask for '\(requirement.name)' by version, and put the file into an index if it is in none"]
  }

  init(noUploadTimes project: PackageName, limit: String) {
    kind = .noUploadTimes(project)
    explanation = [
      "The index does not say when the files of '\(project)' were uploaded, so those after \(limit) can't be left out."
    ]
    hints = ["use an index that states upload times (PEP 700), or resolve without --exclude-newer"]
  }

  init(tooManyParts limit: Int) {
    kind = .tooManyParts
    explanation = ["The requirements differ between more than \(limit) kinds of environments."]
    hints = ["resolve for one platform, or for a newer Python"]
  }

  init(
    _ graph: DerivationGraph<PythonPackage, PEP440Version, PythonUnavailability>, provider: PythonProvider,
    target: PythonTarget
  ) {
    explanation = ConflictExplanation(graph, knownVersions: provider.knownVersions).sentences
    let given = graph.externalFacts.map { graph.facts[$0] }
    var kind = Kind.conflict
    var hints: [String] = []
    for fact in given {
      guard let project = fact.terms.first.flatMap({ graph.packages[$0.package].family }) else { continue }
      switch fact.cause {
      case .unavailable(.unknownProject):
        kind = .unknownProject(project)
        hints.append("check the spelling of '\(project)' and the indexes that are configured")
      case .unavailable(let reason):
        if kind == .conflict || kind == .noMatchingVersion(project) { kind = .noUsableVersion(project) }
        hints += Self.hints(for: reason, project, target)
      case .noVersions:
        if kind == .conflict { kind = .noMatchingVersion(project) }
      case .root, .dependency, .derived:
        break
      }
    }
    // With several projects involved it is their combination that fails.
    let dependencies = given.filter { if case .dependency = $0.cause { true } else { false } }
    if case .noMatchingVersion = kind, dependencies.count > 1 { kind = .conflict }
    self.kind = kind
    self.hints = hints.enumerated().filter { !hints[..<$0.offset].contains($0.element) }.map(\.element)
  }

  private static func hints(
    for reason: PythonUnavailability, _ project: PackageName, _ target: PythonTarget
  ) -> [String] {
    switch reason {
    case .requiresPython: ["the resolution is for \(target.python)"]
    case .yanked: ["a yanked version has to be asked for with '=='"]
    case .noCompatibleWheel:
      if case .platform(let platform) = target {
        ["the platform takes wheels such as \(platform.supportedTags[0]) and py3-none-any"]
      } else {
        []
      }
    case .buildNotAllowed: ["allow '\(project)' to be built"]
    case .wheelsNotAllowed: ["allow wheels of '\(project)'"]
    case .addressNotRequested: ["name the file in your own requirements to allow it"]
    case .notAmongHashes: ["add the hash of a file that fits, or remove those that are listed"]
    case .unknownProject, .unusableMetadata, .contradictsItself: []
    }
  }
}
