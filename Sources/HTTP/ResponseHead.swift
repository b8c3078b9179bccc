/// Status and fields of an answer, put together line by line.
struct ResponseHead {
  private(set) var status = 0
  private(set) var headers = HTTPHeaders()
  private var bytes = 0
  /// The most bytes of header lines, those of interim answers included.
  private static let limit = 256 << 10

  /// Takes one line with its end; says what is wrong if something is.
  mutating func receive(_ line: UnsafeRawBufferPointer) -> String? {
    bytes += line.count
    guard bytes <= Self.limit else { return "its header is longer than \(Self.limit) bytes" }
    let text = String(decoding: line, as: UTF8.self).filter { $0 != "\r\n" && $0 != "\n" && $0 != "\r" }
    if text.hasPrefix("HTTP/") {
      // Each answer starts anew: an interim one (100, 103) comes before the real one.
      let words = text.split(separator: " ", maxSplits: 2)
      status = words.count > 1 ? Int(words[1]) ?? 0 : 0
      headers = HTTPHeaders()
    } else if let colon = text.firstIndex(of: ":") {
      let value = text[text.index(after: colon)...]
      headers.append(String(text[..<colon]), value.trimmingBlanks())
    }
    return nil
  }

  /// The length of the body as it is sent, if the server said it.
  var contentLength: Int64? { headers["Content-Length"].flatMap { Int64($0) } }
}

extension StringProtocol {
  /// The text without spaces and tabs at its ends.
  func trimmingBlanks() -> String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
      return ""
    }
    return String(self[first...last])
  }
}
