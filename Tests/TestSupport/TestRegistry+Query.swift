extension TestRegistry {
  /// The fields of a query or a form.
  struct Query {
    private let fields: [(name: String, value: String)]

    init(_ text: String) {
      fields = text.split(separator: "&").map { pair in
        let ends = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(ends[0]), Self.decoded(ends.count > 1 ? ends[1] : ""))
      }
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    private static func decoded(_ text: Substring) -> String {
      var bytes: [UInt8] = []
      var rest = Array(text.utf8)[...]
      while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2,
          let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        {
          bytes.append(value)
          rest = rest.dropFirst(2)
        } else {
          bytes.append(byte)
        }
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}
