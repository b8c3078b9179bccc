internal import Glibc

/// The time of day.
public enum Clock {
  /// Seconds since 1970.
  public static var now: Int { time(nil) }

  /// A time in seconds since 1970 as RFC 3339 in UTC, for example `2024-05-01T12:00:00Z`.
  public static func rfc3339(_ seconds: Int) -> String {
    var parts = tm()
    var value = time_t(seconds)
    gmtime_r(&value, &parts)
    func pad(_ number: Int32, _ width: Int = 2) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return "\(pad(parts.tm_year + 1900, 4))-\(pad(parts.tm_mon + 1))-\(pad(parts.tm_mday))"
      + "T\(pad(parts.tm_hour)):\(pad(parts.tm_min)):\(pad(parts.tm_sec))Z"
  }

  /// Reads `YYYY-MM-DD` or RFC 3339 in UTC as seconds since 1970.
  public static func seconds(rfc3339 text: String) -> Int? {
    let fields = text.split { !$0.isNumber }.compactMap { Int32($0) }
    guard fields.count == 3 || fields.count >= 6, text.count == 10 || text.hasSuffix("Z") else { return nil }
    var parts = tm()
    parts.tm_year = fields[0] - 1900
    parts.tm_mon = fields[1] - 1
    parts.tm_mday = fields[2]
    if fields.count >= 6 {
      parts.tm_hour = fields[3]
      parts.tm_min = fields[4]
      parts.tm_sec = fields[5]
    }
    return timegm(&parts)
  }
}
