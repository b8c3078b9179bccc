import JSON
import TestSupport
import Testing

@Suite struct `JSON texts` {
  struct Refused: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int
    let column: Int
    let reason: String
    var testDescription: String { text }
  }

  static let refused: [Refused] = [
    Refused(text: "", line: 1, column: 1, reason: "expected a value, found the end of the text"),
    Refused(text: "{\"a\":1,\n \"a\":2}", line: 2, column: 2, reason: "the member \"a\" stands here twice"),
    Refused(text: "[1,]", line: 1, column: 4, reason: "expected a value"),
    Refused(text: "[1 2]", line: 1, column: 4, reason: "expected ',' or ']'"),
    Refused(text: "{\"a\" 1}", line: 1, column: 6, reason: "expected ':'"),
    Refused(text: "01", line: 1, column: 2, reason: "expected the end of the text"),
    Refused(text: "1.", line: 1, column: 3, reason: "expected a digit"),
    Refused(text: "\"\\ud800\"", line: 1, column: 8, reason: "a lone surrogate is no character"),
    Refused(text: "\"a\nb\"", line: 1, column: 3, reason: "a control character must be escaped"),
    Refused(text: "\"abc", line: 1, column: 1, reason: "this string has no end"),
    Refused(text: "truth", line: 1, column: 1, reason: "expected true"),
    Refused(text: "{} x", line: 1, column: 4, reason: "expected the end of the text"),
  ]

  @Test(arguments: refused) func `a bad text is refused at its place`(_ refused: Refused) {
    #expect(throws: JSONParseError(line: refused.line, column: refused.column, reason: refused.reason)) {
      try JSONValue(parsing: refused.text)
    }
  }

  @Test func `bytes that are not UTF-8 are refused`() {
    #expect(throws: JSONParseError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
  }

  @Test func `nesting has a limit and a flood of brackets does not exhaust the stack`() {
    #expect(throws: JSONParseError.self) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
  }

  @Test func `numbers keep their text`() throws {
    let text = #"[0,-1,3.14,1e400,-0.0E+7,12345678901234567890]"#
    #expect(try JSONValue(parsing: text).text() == text)
  }

  @Test func `escapes are read and written in the shortest form`() throws {
    let value = try JSONValue(parsing: #""\u0041\n\ud83d\ude00\/\u0001""#)
    #expect(value.string == "A\n😀/\u{1}")
    #expect(value.text() == #""A\n😀/\u0001""#)
  }

  @Test func `the canonical form sorts members by their bytes and ends with a line feed`() throws {
    let value = try JSONValue(parsing: #"{"b":[],"a10":{},"a2":[1,{"z":null,"é":true,"_":false}]}"#)
    let expected = """
      {
        "a10": {},
        "a2": [
          1,
          {
            "_": false,
            "z": null,
            "é": true
          }
        ],
        "b": []
      }

      """
    #expect(value.canonicalText == expected)
  }

  @Test(arguments: 0..<200) func `what is written reads back equal`(seed: UInt64) throws {
    var generator = SplitMix(seed: seed)
    let value = Self.random(depth: 4, using: &generator)
    #expect(try JSONValue(parsing: value.text()) == value)
    #expect(try JSONValue(parsing: value.text(.pretty)) == value)
  }

  @Test(arguments: 0..<300) func `a mutated text is read or refused but never traps`(seed: UInt64) {
    var generator = SplitMix(seed: seed)
    var bytes = Array(#"{"name":"a\u00e9","list":[1,-2.5e3,true,null,{"x":""}]}"#.utf8)
    for _ in 0..<3 {
      bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
    }
    if let value = try? JSONValue(parsing: bytes) { #expect((try? JSONValue(parsing: value.text())) == value) }
  }

  static func random(depth: Int, using generator: inout SplitMix) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &generator) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &generator))
    case 2: return .integer(Int.random(in: -1000...1000, using: &generator))
    case 3:
      let scalars = (0..<Int.random(in: 0..<8, using: &generator)).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0..<0x11_0000, using: &generator))
      }
      return .string(String(String.UnicodeScalarView(scalars)))
    case 4: return .array((0..<3).map { _ in random(depth: depth - 1, using: &generator) })
    default: return .object((0..<3).map { JSONMember("k\($0)", random(depth: depth - 1, using: &generator)) })
    }
  }
}
