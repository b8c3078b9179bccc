import Testing
import XML

@Suite struct XMLTests {
  @Test func `a document becomes elements, text and attributes`() throws {
    let text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <!-- a note -->
      <r xmlns:x="http://example.org/x"><x:a b="1 &amp; 2" x:c="&#65;"> one <![CDATA[<two>]]> </x:a><a/>t</r>
      """
    let root = try XMLElement(parsing: Array(text.utf8))
    #expect(root.name == "r")
    #expect(root.text == "t")
    #expect(root.all("a").count == 2)
    #expect(root["a"]?.attributes == ["b": "1 & 2", "c": "A"])
    #expect(root["a"]?.text == "one <two>")
    #expect(root["b"] == nil)
  }

  @Test func `other encodings become UTF-8`() throws {
    let bytes = Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>".utf8) + [0xE9] + Array("</a>".utf8)
    #expect(try XMLElement(parsing: bytes).text == "é")
  }

  static let refused: [(text: String, error: String)] = [
    ("", "it ends too early"), ("<a><b></a>", "1:9: mismatched tag"),
    ("<a>\n<b>&c;</b></a>", "2:4: undefined entity"),
    ("<a/>\n<b/>", "2:1: junk after document element"),
    ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "a document type declaration is refused"),
    ("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "a document type declaration is refused"),
    (String(repeating: "<a>", count: 70) + String(repeating: "</a>", count: 70), "more than 64 inside each other"),
    ("<a>", "it ends too early"), ("\u{0}", ""),
  ]

  @Test(arguments: refused) func `what is no XML, or could do harm, is refused`(text: String, error: String) {
    let message = #expect(throws: XMLParseError.self) { try XMLElement(parsing: Array(text.utf8)) }?.description
    #expect(message?.contains(error) == true, "\(message ?? "")")
  }

  @Test func `a text may come in pieces of any size`() throws {
    final class Counter: XMLVisitor {
      var starts = 0
      var letters = 0
      func start(_ tag: borrowing XMLTag) { starts += tag.isNamed("b") && tag["c"] == "é" ? 1 : 0 }
      func end(_ tag: borrowing XMLTag) {}
      func text(_ bytes: UnsafeRawBufferPointer) { letters += bytes.count }
    }
    let text = Array("<a>\(String(repeating: "<b c='é'>xy</b>", count: 50))</a>".utf8)
    for size in [1, 2, 3, 7, 64, 1000] {
      let counter = Counter()
      let stream = XMLStream(counter)
      for start in stride(from: 0, to: text.count, by: size) {
        try text[start..<min(start + size, text.count)].withUnsafeBytes { try stream.feed($0) }
      }
      try stream.finish()
      #expect(counter.starts == 50)
      #expect(counter.letters == 100)
    }
  }
}
