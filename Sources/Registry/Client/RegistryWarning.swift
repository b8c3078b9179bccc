/// What a registry wants people to know, out of a `Warning` field.
///
/// RFC 7234, section 5.5, of which OCI distribution-spec 1.1, "Warnings", allows `299 - "TEXT"` alone.
struct RegistryWarning {
  let text: String

  /// The warnings of one field; what has another form is left out.
  static func parsing(_ field: String) -> [RegistryWarning] {
    var warnings: [RegistryWarning] = []
    var rest = Array(field.utf8.prefix(4096))[...]
    while let start = rest.firstIndex(of: UInt8(ascii: "\"")) {
      let head = rest[..<start].drop { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: " ") }
      var text: [UInt8] = []
      var index = start + 1
      while index < rest.endIndex, rest[index] != UInt8(ascii: "\"") {
        if rest[index] == UInt8(ascii: "\\"), index + 1 < rest.endIndex { index += 1 }
        text.append(rest[index])
        index += 1
      }
      guard index < rest.endIndex else { break }
      if head.elementsEqual("299 - ".utf8) {
        warnings.append(RegistryWarning(text: String(decoding: text, as: UTF8.self)))
      }
      rest = rest[(index + 1)...]
    }
    return warnings
  }
}
