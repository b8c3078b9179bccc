// TOML 1.0, "Integer", "Float", "Boolean", "Offset Date-Time" and the three local forms.

extension TOMLParser {
  /// Reads a number, a truth value, a date or a time.
  mutating func scalar() throws(TOMLError) -> TOMLNode.Content {
    let start = index
    while let byte = peek, Self.isInScalar(byte) { index += 1 }
    // A date and its time may have a space between them.
    if index - start == 10, peek == 0x20, index + 1 < bytes.count, (48...57).contains(bytes[index + 1]),
      Self.isDate(bytes[start..<index])
    {
      index += 1
      while let byte = peek, Self.isInScalar(byte) { index += 1 }
    }
    let word = String(decoding: bytes[start..<index], as: UTF8.self)
    if word == "true" || word == "false" { return .boolean(word == "true") }
    if let number = Self.integer(word) { return .integer(number) }
    if let number = Self.float(word) { return .float(number) }
    if Self.isDateTime(bytes[start..<index]) { return .dateTime(word) }
    index = start
    throw failure(word.isEmpty ? "expected a value" : "'\(word)' is no value; texts stand in quotes")
  }

  private static func isInScalar(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57: true
    default: "+-_.:".utf8.contains(byte)
    }
  }

  /// The digits of a number without its underscores, each of which has to stand between two digits.
  private static func digits(_ text: Substring, radix: Int) -> String? {
    var digits = ""
    var previous: Character = "_"
    for character in text {
      let isDigit = character.isASCII && (character.hexDigitValue ?? .max) < radix
      guard character == "_" ? previous != "_" : isDigit else { return nil }
      if character != "_" { digits.append(character) }
      previous = character
    }
    return previous == "_" ? nil : digits
  }

  private static func integer(_ word: String) -> Int? {
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where word.hasPrefix(prefix) {
      return digits(word.dropFirst(2), radix: radix).flatMap { Int($0, radix: radix) }
    }
    let (sign, rest) = signed(word)
    guard let digits = digits(rest, radix: 10), digits == "0" || !digits.hasPrefix("0") else { return nil }
    return Int(sign + digits)
  }

  private static func float(_ word: String) -> Double? {
    let (sign, rest) = signed(word)
    if rest == "inf" { return sign == "-" ? -.infinity : .infinity }
    if rest == "nan" { return .nan }
    let parts = rest.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
    let mantissa = parts[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 || mantissa.count == 2, let whole = digits(mantissa[0], radix: 10),
      whole == "0" || !whole.hasPrefix("0")
    else { return nil }
    var text = sign + whole
    if mantissa.count == 2 {
      guard let fraction = digits(mantissa[1], radix: 10) else { return nil }
      text += "." + fraction
    }
    if parts.count == 2 {
      let (sign, rest) = signed(String(parts[1]))
      guard let exponent = digits(rest, radix: 10) else { return nil }
      text += "e" + sign + exponent
    }
    return Double(text)
  }

  private static func signed(_ word: String) -> (sign: String, rest: Substring) {
    word.hasPrefix("-") ? ("-", word.dropFirst()) : ("", word.hasPrefix("+") ? word.dropFirst() : word[...])
  }

  // MARK: Dates and times

  private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard matches(bytes, "dddd-dd-dd") else { return false }
    let start = bytes.startIndex
    let (year, month, day) = (number(bytes, 0, 4), number(bytes, 5, 2), number(bytes, 8, 2))
    guard start < bytes.endIndex, (1...12).contains(month) else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[month - 1]).contains(day)
  }

  private static func isTime(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard matches(bytes.prefix(8), "dd:dd:dd"), number(bytes, 0, 2) < 24, number(bytes, 3, 2) < 60,
      number(bytes, 6, 2) <= 60
    else { return false }
    let fraction = bytes.dropFirst(8)
    return fraction.isEmpty
      || fraction.first == UInt8(ascii: ".") && fraction.count > 1
        && fraction.dropFirst().allSatisfy { (48...57).contains($0) }
  }

  private static func isDateTime(_ bytes: ArraySlice<UInt8>) -> Bool {
    if isDate(bytes) || isTime(bytes) { return true }
    guard bytes.count > 11, isDate(bytes.prefix(10)),
      [UInt8(ascii: "T"), UInt8(ascii: "t"), 0x20].contains(bytes[bytes.startIndex + 10])
    else { return false }
    let time = bytes.dropFirst(11)
    if time.last == UInt8(ascii: "Z") || time.last == UInt8(ascii: "z") { return isTime(time.dropLast()) }
    let zone = time.suffix(6)
    if matches(zone, "+dd:dd") || matches(zone, "-dd:dd") {
      return number(zone, 1, 2) < 24 && number(zone, 4, 2) < 60 && isTime(time.dropLast(6))
    }
    return isTime(time)
  }

  /// Whether bytes have a form in which `d` stands for a digit.
  private static func matches(_ bytes: ArraySlice<UInt8>, _ form: String) -> Bool {
    bytes.count == form.utf8.count
      && zip(bytes, form.utf8).allSatisfy { $1 == UInt8(ascii: "d") ? (48...57).contains($0) : $0 == $1 }
  }

  private static func number(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ count: Int) -> Int {
    bytes.dropFirst(offset).prefix(count).reduce(0) { $0 * 10 + Int($1) - 48 }
  }
}
