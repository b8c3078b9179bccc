/// Reads as much TOML as the resolver scenarios use: tables with dotted and quoted keys, strings, booleans, arrays and
/// inline tables.
indirect enum TOMLSubset {
  case string(String)
  case boolean(Bool)
  case array([TOMLSubset])
  case table([String: TOMLSubset], order: [String])

  static let emptyTable = TOMLSubset.table([:], order: [])

  subscript(key: String) -> TOMLSubset? {
    if case .table(let values, _) = self { values[key] } else { nil }
  }

  var keys: [String] { if case .table(_, let order) = self { order } else { [] } }
  var string: String? { if case .string(let value) = self { value } else { nil } }
  var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
  var strings: [String]? { if case .array(let values) = self { values.compactMap(\.string) } else { nil } }

  struct SyntaxError: Error {
    let position: Int
  }

  init(parsing text: String) throws {
    var reader = Reader(bytes: Array(text.utf8))
    self = try reader.document()
  }

  private mutating func set(_ path: ArraySlice<String>, _ value: TOMLSubset) {
    guard case .table(var values, var order) = self, let first = path.first else { return }
    if values[first] == nil { order.append(first) }
    if path.count == 1 {
      if case .table(let added, _) = value, added.isEmpty, values[first] != nil { return }
      values[first] = value
    } else {
      var inner = values[first] ?? .emptyTable
      inner.set(path.dropFirst(), value)
      values[first] = inner
    }
    self = .table(values, order: order)
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    mutating func document() throws -> TOMLSubset {
      var root = TOMLSubset.emptyTable
      var prefix: [String] = []
      skipBlank()
      while position < bytes.count {
        if take("[") {
          prefix = try keyPath()
          try expect("]")
          root.set(prefix[...], .emptyTable)
        } else {
          let path = try keyPath()
          try expect("=")
          root.set((prefix + path)[...], try value())
        }
        skipBlank()
      }
      return root
    }

    mutating func keyPath() throws -> [String] {
      var parts: [String] = []
      repeat {
        skipSpaces()
        if current == UInt8(ascii: "\"") || current == UInt8(ascii: "'") {
          parts.append(try quoted())
        } else {
          let start = position
          while isBare(current) { position += 1 }
          guard position > start else { throw SyntaxError(position: position) }
          parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
        }
        skipSpaces()
      } while take(".")
      return parts
    }

    mutating func value() throws -> TOMLSubset {
      skipSpaces()
      switch current {
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        return .string(try quoted())
      case UInt8(ascii: "["):
        position += 1
        var items: [TOMLSubset] = []
        skipBlank()
        while !take("]") {
          items.append(try value())
          skipBlank()
          _ = take(",")
          skipBlank()
        }
        return .array(items)
      case UInt8(ascii: "{"):
        position += 1
        var table = TOMLSubset.emptyTable
        skipBlank()
        while !take("}") {
          let path = try keyPath()
          try expect("=")
          table.set(path[...], try value())
          skipBlank()
          _ = take(",")
          skipBlank()
        }
        return table
      default:
        if take("true") { return .boolean(true) }
        if take("false") { return .boolean(false) }
        throw SyntaxError(position: position)
      }
    }

    mutating func quoted() throws -> String {
      let quote = current
      let mark = [UInt8](repeating: quote, count: 3)
      let isLong = Array(bytes[position..<min(position + 3, bytes.count)]) == mark
      let end = isLong ? mark : [quote]
      position += end.count
      var content: [UInt8] = []
      while position < bytes.count, Array(bytes[position..<min(position + end.count, bytes.count)]) != end {
        if current == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") { position += 1 }
        content.append(current)
        position += 1
      }
      guard position < bytes.count else { throw SyntaxError(position: position) }
      position += end.count
      return String(decoding: content, as: UTF8.self)
    }

    mutating func take(_ text: StaticString) -> Bool {
      let wanted = text.withUTF8Buffer { Array($0) }
      guard position + wanted.count <= bytes.count, Array(bytes[position..<position + wanted.count]) == wanted
      else { return false }
      position += wanted.count
      return true
    }

    mutating func expect(_ text: StaticString) throws {
      skipSpaces()
      guard take(text) else { throw SyntaxError(position: position) }
    }

    mutating func skipSpaces() {
      while current == 0x20 || current == 0x09 { position += 1 }
    }

    mutating func skipBlank() {
      while position < bytes.count {
        if current == UInt8(ascii: "#") {
          while position < bytes.count, current != 0x0a { position += 1 }
        } else if current == 0x20 || current == 0x09 || current == 0x0a || current == 0x0d {
          position += 1
        } else {
          return
        }
      }
    }

    func isBare(_ byte: UInt8) -> Bool {
      (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
        || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
  }
}
