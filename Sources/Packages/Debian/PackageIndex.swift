internal import Glibc

/// A package index as bytes, with the places where each package's stanza stands.
///
/// The main index has 60,000 stanzas in 50 MB, of which a resolution looks at a few hundred: one pass over the lines finds
/// where they begin and who provides what, and only what is asked for is parsed.
struct PackageIndex: Sendable {
  /// The suite that the index belongs to.
  let suite: String
  /// What the suite says of itself.
  let release: DebianRelease
  let component: String
  private let bytes: [UInt8]
  private let places: [String: [Range<Int>]]
  private let providers: [String: [String]]
  /// The names with `Essential: yes`.
  let essentials: [String]

  init(_ bytes: [UInt8], suite: String, release: DebianRelease = DebianRelease(), component: String = "main") {
    self.bytes = bytes
    self.release = release
    self.component = component
    self.suite = suite
    var places: [String: [Range<Int>]] = [:]
    places.reserveCapacity(bytes.count / 750)
    var providers: [String: [String]] = [:]
    var essentials: [String] = []
    bytes.withUnsafeBytes { text in
      guard let base = text.baseAddress else { return }
      var stanza = 0
      var line = 0
      var name = ""
      func value(_ start: Int, _ end: Int) -> String {
        var start = start
        while start < end, text[start] == 0x20 { start += 1 }
        return String(decoding: UnsafeRawBufferPointer(rebasing: text[start..<end]), as: UTF8.self)
      }
      func finish(_ end: Int) {
        if !name.isEmpty { places[name, default: []].append(stanza..<end) }
        name = ""
      }
      func starts(_ word: StaticString, _ end: Int) -> Bool {
        end - line >= word.utf8CodeUnitCount && memcmp(base + line, word.utf8Start, word.utf8CodeUnitCount) == 0
      }
      while line < text.count {
        let end = memchr(base + line, 0x0A, text.count - line).map { UnsafeRawPointer($0) - base } ?? text.count
        if end == line {
          finish(end)
          stanza = end + 1
        } else {
          switch text[line] {
          case UInt8(ascii: "P"):
            if starts("Package:", end) {
              name = value(line + 8, end)
            } else if starts("Provides:", end) {
              for part in value(line + 9, end).split(separator: ",") {
                let provided = part.drop { $0 == " " }.prefix { $0 != " " && $0 != ":" && $0 != "(" }
                providers[String(provided), default: []].append(name)
              }
            }
          case UInt8(ascii: "E"):
            if starts("Essential: yes", end) { essentials.append(name) }
          default: break
          }
        }
        line = end + 1
      }
      finish(text.count)
    }
    self.places = places
    self.providers = providers
    self.essentials = essentials
  }

  /// The number of different names.
  var count: Int { places.count }

  /// All names, in no order.
  var names: some Sequence<String> { places.keys }

  /// The stanzas of a name, one for each version.
  func stanzas(of name: String) -> [ControlStanza] {
    (places[name] ?? []).map { ControlStanza(lines: bytes[$0]) }
  }

  /// The names of the packages that provide a name.
  func providers(of name: String) -> [String] { providers[name] ?? [] }
}
