/// A package as `yum install` and `dnf install` take it: `name[-version[-release]][.arch]` (dnf(8), "Specifying packages").
public struct RPMName: Sendable, Hashable {
  /// Everything before the architecture.
  public let name: String
  /// The architecture with its dot, for example `.x86_64`; mostly empty.
  public let architecture: String

  private static let architectures = [".x86_64", ".aarch64", ".noarch", ".i686"]

  /// Splits a package's text.
  public init(_ text: String) {
    architecture = Self.architectures.first { text.hasSuffix($0) } ?? ""
    name = String(text.dropLast(architecture.count))
  }

  /// Whether a version seems to be part of it: its last part is one, or the last two are a version and a release.
  ///
  /// In `java-1.8.0-openjdk` and `java-17-amazon-corretto` the number is part of the name.
  var hasVersion: Bool {
    let parts = name.split(separator: "-").dropFirst()
    guard let last = parts.last, last.first?.isNumber == true else { return false }
    return last.contains(".") || parts.dropLast().last?.first?.isNumber == true
  }
}
