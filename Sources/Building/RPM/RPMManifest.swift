internal import Layers

/// The list of RPM packages that images without a database have, in the form that distroless images of RPM distributions use and
/// scanners read.
///
/// Each line is of one package, its fields parted by tabs: name, version and release, time of installation, time of building, vendor,
/// epoch, size, architecture, epoch as a number, source package (rpm's query format of Azure Linux's distroless images).
enum RPMManifest {
  /// Where it lies.
  static let path = "var/lib/rpmmanifest/container-manifest-2"

  /// The list of some packages.
  static func text(_ headers: [RPMHeader], date: Int) -> String {
    headers.map { header in
      let part = { (tag: RPMHeader.Tag) in header.string(tag) ?? "(none)" }
      let number = { (tag: RPMHeader.Tag) in header.integers(tag).first.map(String.init) }
      return [
        part(.name), "\(part(.version))-\(part(.release))", String(date), number(.buildTime) ?? "0", part(.vendor),
        number(.epoch) ?? "(none)", number(.size) ?? "0", part(.architecture), number(.epoch) ?? "0",
        part(.sourcePackage),
      ].joined(separator: "\t") + "\n"
    }.sorted().joined()
  }

  /// Names and versions of a list, for example `bash` and `5.2.15-1`.
  static func packages(_ bytes: [UInt8]) -> [(name: String, version: String)] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count >= 9 else { return nil }
      return (String(fields[0]), (fields[8] == "0" ? "" : "\(fields[8]):") + fields[1])
    }
  }
}
