/// Asks for a distribution: its name, extras, versions or address, and when it applies (PEP 508).
public struct Requirement: Hashable, Sendable {
  /// Says where the distribution comes from.
  public enum Source: Hashable, Sendable {
    /// Any version that the clauses accept, from an index.
    case versions(PEP440SpecifierSet)
    /// One file or repository, by address.
    case url(String)
  }

  /// The distribution.
  public let name: PackageName
  /// The optional features asked for, each once, in the order in which they were written.
  public let extras: [PackageName]
  /// The versions or the address.
  public let source: Source
  /// The condition under which the requirement applies; `nil` means always.
  public let marker: Marker?

  /// Creates a requirement.
  public init(name: PackageName, extras: [PackageName] = [], source: Source = .versions(.any), marker: Marker? = nil) {
    self.name = name
    self.extras = extras.enumerated().filter { !extras[..<$0.offset].contains($0.element) }.map(\.element)
    self.source = source
    self.marker = marker
  }

  /// The clauses on the version; a requirement by address has none.
  public var specifiers: PEP440SpecifierSet {
    if case .versions(let set) = source { set } else { .any }
  }
}

extension Requirement: CustomStringConvertible {
  /// The requirement in PEP 508's notation.
  public var description: String {
    var text = name.description
    if !extras.isEmpty { text += "[\(extras.map(\.description).joined(separator: ","))]" }
    switch source {
    case .versions(let set): text += set.description
    case .url(let url): text += " @ \(url)"
    }
    if let marker {
      if case .url = source { text += " " }
      text += "; \(marker)"
    }
    return text
  }
}
