import HTTP
import Host
import OCI

/// What a suite's signed file says: who it is, until when it counts, and the digests of its indexes.
struct ReleaseFile: Sendable {
  let release: DebianRelease
  var suite: String { release.suite }
  var codename: String { release.codename }
  /// Seconds since 1970.
  let date: Int
  /// Seconds since 1970.
  let validUntil: Int?
  let hasHashedNames: Bool
  /// Whether packages for all architectures stand in each architecture's index.
  let mergesArchitectureAll: Bool
  let files: [String: Entry]

  struct Entry: Sendable, Hashable {
    let digest: Digest
    let size: Int
  }

  /// Reads the text that was signed, never the file around it.
  init(parsing text: [UInt8], suite asked: String) throws(DebianError) {
    func refusal(_ reason: String) -> DebianError { .malformed("the Release file of '\(asked)'", reason: reason) }
    let stanzas = ControlStanza.all(in: text)
    guard stanzas.count == 1, let stanza = stanzas.first else { throw refusal("expected one stanza") }
    release = DebianRelease(
      suite: stanza["Suite"] ?? "", codename: stanza["Codename"] ?? "", origin: stanza["Origin"] ?? "",
      label: stanza["Label"] ?? "", version: stanza["Version"] ?? "",
      isNotAutomatic: stanza["NotAutomatic"]?.lowercased() == "yes",
      upgradesAutomatically: stanza["ButAutomaticUpgrades"]?.lowercased() == "yes")
    guard let date = Self.time(stanza["Date"] ?? "") else { throw refusal("the field Date is no date") }
    self.date = date
    if let text = stanza["Valid-Until"] {
      guard let time = Self.time(text) else { throw refusal("the field Valid-Until is no date") }
      validUntil = time
    } else {
      validUntil = nil
    }
    hasHashedNames = stanza["Acquire-By-Hash"]?.lowercased() == "yes"
    mergesArchitectureAll =
      stanza.words("No-Support-for-Architecture-all").contains("Packages")
      || !stanza.words("Architectures").contains("all")
    var files: [String: Entry] = [:]
    for line in (stanza["SHA256"] ?? "").split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count == 3, let size = Int(words[1]), size >= 0,
        let digest = try? Digest(algorithm: .sha256, hex: words[0]), let path = Path.contained(String(words[2]))
      else { throw refusal("'\(line)' is no digest, size and path") }
      files[path] = Entry(digest: digest, size: size)
    }
    guard !files.isEmpty else { throw refusal("the field SHA256 is missing") }
    self.files = files
  }

  /// Refuses a suite that was not asked for, so that a mirror can't pass an old release off as a new one.
  func check(isSuite asked: String) throws(DebianError) {
    guard asked == codename || asked == suite else {
      throw .wrongSuite(asked: asked, found: codename.isEmpty ? suite : codename)
    }
  }

  /// Refuses a file that is past its time, or not yet of this time.
  ///
  /// - Parameter tolerance: How far in seconds the archive's clock may be ahead of this machine's.
  func check(isCurrentAt now: Int, suite: String, validity: Bool, date checksDate: Bool) throws(DebianError) {
    if validity, let validUntil, validUntil < now { throw .expired(suite: suite, date: date, validUntil: validUntil) }
    // apt's own tolerance for clocks that disagree, `Acquire::Max-FutureTime`.
    if checksDate, date > now + 10 { throw .expired(suite: suite, date: date, validUntil: nil) }
  }

  /// The index of a component in the form that takes the fewest bytes, with the entry of its unpacked form.
  func index(_ component: String, architecture: String) -> (path: String, packed: Entry, plain: Entry)? {
    let plainPath = "\(component)/binary-\(architecture)/Packages"
    guard let plain = files[plainPath] else { return nil }
    for ending in [".xz", ".gz", ""] {
      if let packed = files[plainPath + ending] { return (plainPath + ending, packed, plain) }
    }
    return nil
  }

  /// Reads `Sat, 11 Jul 2026 10:16:37 UTC`, the archive's dates being RFC 2822's, always in UTC.
  private static func time(_ text: String) -> Int? {
    var words = text.split(separator: " ").map(String.init)
    guard words.count == 6, ["UTC", "GMT", "+0000", "Z"].contains(words[5]) else { return nil }
    words[5] = "GMT"
    return HTTPDate(parsing: words.joined(separator: " ")).map { Int($0.secondsSinceEpoch) }
  }
}
