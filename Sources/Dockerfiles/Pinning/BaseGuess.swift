public import Versions

/// What the name of a base image says about what is inside, for those who can't look.
public struct BaseGuess: Sendable, Hashable {
  /// The code name of the Debian release.
  public let codename: String?
  /// The version of Python that `pip` belongs to.
  public let python: PEP440Version?
  /// The C library's version.
  public let glibc: PEP440Version?
  /// The Glue version.
  public let glue: String?
  /// The release of an RPM distribution, as `$releasever` stands for it, for example `2023.6.20250317`.
  public let release: String?

  /// Debian's releases: code name, number, C library, Python (Debian package tracker).
  private static let releases = [
    (name: "bullseye", number: "11", glibc: [2, 31] as [UInt64], python: [3, 9] as [UInt64]),
    (name: "bookworm", number: "12", glibc: [2, 36], python: [3, 11]),
    (name: "trixie", number: "13", glibc: [2, 41], python: [3, 13]),
  ]

  /// Reads a reference such as `python:3.11-slim-bookworm`, `debian:12` or `amazon/aws-glue-libs:glue_libs_4.0.0_image_01`.
  public init(_ reference: String) {
    let name = reference.split(separator: "@").first.map(String.init) ?? reference
    let last = name.split(separator: "/").last.map(String.init) ?? name
    let parts = last.split(separator: ":", maxSplits: 1).map(String.init)
    let (repository, tag) = (parts.first ?? "", parts.count > 1 ? parts[1] : "")
    let words = tag.split { $0 == "-" || $0 == "_" }.map(String.init)
    let release = Self.releases.first { release in
      words.contains(release.name)
        || repository == "debian"
          && words.first.map { $0 == release.number || $0.hasPrefix("\(release.number).") } == true
    }
    codename = release?.name
    // Amazon Linux is tagged by its release; 2 has dates behind it that its repositories do not know.
    let isAmazon = repository == "amazonlinux" && words.first?.first?.isNumber == true
    self.release = isAmazon ? words.first.map { $0.hasPrefix("2.") ? "2" : $0 == "2023" ? "latest" : $0 } : nil
    func version(_ parts: [UInt64]?) -> PEP440Version? {
      parts.flatMap { $0.count == 2 ? PEP440Version(release: $0[0], $0[1]) : nil }
    }
    if repository == "aws-glue-libs" {
      let number = words.first { $0.first?.isNumber == true } ?? ""
      glue = number.hasPrefix("4") ? "4.0" : number.hasPrefix("5.1") ? "5.1" : number.hasPrefix("5") ? "5.0" : nil
      (python, glibc) = (nil, nil)
      return
    }
    glue = nil
    glibc = version(release?.glibc)
    let numbers = (words.first ?? "").split(separator: ".").compactMap { UInt64($0) }
    python = repository == "python" && numbers.count >= 2 ? version(Array(numbers.prefix(2))) : version(release?.python)
  }
}
