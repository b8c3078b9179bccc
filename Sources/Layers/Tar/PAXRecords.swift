/// The records of a pax extended header: names and values of any length.
///
/// Specification: POSIX.1-2017, pax, "pax Extended Header". A record is `LENGTH NAME=VALUE\n`, LENGTH counting all of it.
struct PAXRecords {
  private(set) var values: [String: [UInt8]] = [:]

  init() {}

  /// Reads the body of an extended header; nil when it is malformed.
  init?(parsing body: [UInt8]) {
    var rest = body[...]
    while !rest.isEmpty {
      guard let space = rest.prefix(20).firstIndex(of: 0x20),
        let length = Int(String(decoding: rest[rest.startIndex..<space], as: UTF8.self)),
        length > space - rest.startIndex + 1, length <= rest.count
      else { return nil }
      let record = rest[(space + 1)..<(rest.startIndex + length)]
      guard record.last == 0x0A, let equals = record.firstIndex(of: UInt8(ascii: "=")),
        let name = String(validating: record[..<equals], as: UTF8.self), !name.isEmpty
      else { return nil }
      values[name] = Array(record[(equals + 1)..<(record.endIndex - 1)])
      rest = rest.dropFirst(length)
    }
  }

  subscript(_ name: String) -> [UInt8]? {
    get { values[name] }
    set { values[name] = newValue }
  }

  /// The whole seconds of a decimal value.
  func integer(_ name: String) -> Int? {
    guard let value = values[name] else { return nil }
    let text = String(decoding: value, as: UTF8.self)
    return Int(text.prefix { $0 != "." })
  }

  /// The other records over these.
  func merging(_ other: PAXRecords) -> PAXRecords {
    var merged = self
    merged.values.merge(other.values) { $1 }
    return merged
  }

  /// The extended attributes: star's records `SCHILY.xattr.NAME`.
  var attributes: [String: [UInt8]] {
    var attributes: [String: [UInt8]] = [:]
    for (name, value) in values where name.hasPrefix(Self.attributePrefix) {
      attributes[String(name.dropFirst(Self.attributePrefix.count))] = value
    }
    return attributes
  }

  static let attributePrefix = "SCHILY.xattr."

  /// The body of the extended header, records sorted by name.
  var bytes: [UInt8] {
    var body: [UInt8] = []
    for (name, value) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      let fixed = name.utf8.count + value.count + 3
      var length = fixed + String(fixed).count
      length = fixed + String(length).count
      body.append(contentsOf: "\(length) \(name)=".utf8)
      body.append(contentsOf: value)
      body.append(0x0A)
    }
    return body
  }
}
