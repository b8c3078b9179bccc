/// A moment as header fields write it, to the second.
///
/// RFC 9110, section 5.6.7; only the preferred form, which every server of the last decades sends.
public struct HTTPDate: Hashable, Sendable, Comparable {
  /// Seconds since 1970-01-01 00:00:00 UTC.
  public let secondsSinceEpoch: Int64

  /// Reads a date such as `Sun, 06 Nov 1994 08:49:37 GMT`; `nil` if the text is no such date.
  public init?(parsing text: String) {
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", words[0].hasSuffix(","), let day = Int64(words[1]),
      let month = Self.months.firstIndex(of: words[2]), let year = Int64(words[3]), (1900...9999).contains(year)
    else { return nil }
    let clock = words[4].split(separator: ":").map { Int64($0) }
    guard clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2],
      (1...31).contains(day), (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    // Days of the proleptic Gregorian calendar, with the year starting in March so that February's end is the year's.
    let monthFromMarch = (Int64(month) + 10) % 12
    let shiftedYear = year - (month < 2 ? 1 : 0)
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    secondsSinceEpoch = ((days * 24 + hour) * 60 + minute) * 60 + second
  }

  private static let months: [Substring] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Whether one moment is before another.
  public static func < (left: HTTPDate, right: HTTPDate) -> Bool { left.secondsSinceEpoch < right.secondsSinceEpoch }
}
