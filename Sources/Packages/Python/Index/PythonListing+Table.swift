import Versions

/// The form in which a page's versions are kept beside it: a line that names the form, then one for each version, newest first,
/// with the offsets of its files.
///
/// A page has megabytes; with the table, a resolution reads as much of it as it looks at.
extension PythonListing {
  /// A reader that understands pages otherwise takes another number.
  private static let head = Array("listing 1\n".utf8)

  /// The table of a page; nil where files do not lie in one text.
  var table: [UInt8]? {
    guard case .page = source else { return nil }
    var text = Self.head
    text.reserveCapacity(versions.count * 16 + places.count * 8)
    for (number, version) in versions.enumerated() {
      text += version.description.utf8
      for place in places[starts[number]..<starts[number + 1]] {
        text.append(UInt8(ascii: " "))
        text += String(place).utf8
      }
      text.append(UInt8(ascii: "\n"))
    }
    return text
  }

  /// Reads a table; nil if it is not one of the page.
  init?(table: [UInt8], of text: SimplePageText, project: PackageName) {
    guard table.starts(with: Self.head) else { return nil }
    var versions: [PEP440Version] = []
    var (starts, places) = ([0], [Int]())
    var offset = Self.head.count
    while offset < table.count {
      guard let space = table[offset...].firstIndex(of: UInt8(ascii: " ")),
        let version = try? PEP440Version(parsing: String(decoding: table[offset..<space], as: UTF8.self))
      else { return nil }
      offset = space
      while offset < table.count, table[offset] == UInt8(ascii: " ") {
        offset += 1
        var place = 0
        while offset < table.count, case let digit = table[offset] &- 48, digit < 10 {
          place = place * 10 + Int(digit)
          guard place < text.count else { return nil }
          offset += 1
        }
        places.append(place)
      }
      guard offset < table.count, table[offset] == UInt8(ascii: "\n") else { return nil }
      offset += 1
      versions.append(version)
      starts.append(places.count)
    }
    self.init(versions: versions, starts: starts, places: places, source: .page(text, project: project))
  }
}
