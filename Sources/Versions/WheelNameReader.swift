/// Reads names of wheels one after the other, as a page of an index lists them.
///
/// Neighbours mostly are of one version, for several systems: what stands before the tags is only read where it changes.
public struct WheelNameReader {
  /// The distribution and version that were read last, with the text that stands for them, dashes included.
  private var last: (text: Substring.UTF8View, project: PackageName, version: PEP440Version)?

  /// Makes a reader that has read nothing yet.
  public init() {}

  /// Reads `{distribution}-{version}(-{build tag})?-{python tag}-{abi tag}-{platform tag}.whl`.
  ///
  /// PEP 427, "File name convention".
  public mutating func read(_ fileName: String) throws(VersionNotationError) -> WheelName {
    let bytes = fileName.utf8
    func failure(_ column: Int, _ expected: String) -> VersionNotationError {
      VersionNotationError(subject: "wheel name", text: fileName, column: column, expected: expected)
    }
    let count = bytes.count
    guard count > 4, bytes.suffix(4).elementsEqual(".whl".utf8) else {
      throw failure(max(count, 1), "the ending '.whl'")
    }
    let (dashes, found) = Self.dashes(in: fileName)
    guard found == 4 || found == 5 else { throw failure(count, "four or five '-'") }
    func part(_ range: Range<Int>) -> Substring {
      fileName[
        bytes.index(
          bytes.startIndex, offsetBy: range.lowerBound)..<bytes.index(bytes.startIndex, offsetBy: range.upperBound)]
    }
    let start = part(0..<dashes[1] + 1).utf8
    let (project, version): (PackageName, PEP440Version)
    if let last, last.text.elementsEqual(start) {
      (project, version) = (last.project, last.version)
    } else {
      project = try PackageName(parsing: part(0..<dashes[0]))
      version = try PEP440Version(parsing: part(dashes[0] + 1..<dashes[1]))
      last = (start, project, version)
    }
    var build: WheelName.BuildTag?
    if found == 5 {
      var scanner = UTF8Scanner(part(dashes[1] + 1..<dashes[2]))
      guard let number = scanner.takeNumber() else {
        throw failure(dashes[1] + 2, "a build tag that starts with a digit")
      }
      build = WheelName.BuildTag(number: number, suffix: scanner.text(scanner.position..<scanner.bytes.count))
    }
    let (first, second, third) = (dashes[found - 3], dashes[found - 2], dashes[found - 1])
    guard first + 1 < second, second + 1 < third, third + 1 < count - 4 else {
      throw failure(first + 2, "three tags that are not empty")
    }
    return WheelName(project: project, version: version, build: build, fileName: fileName, tagStart: first + 1)
  }

  /// The places of the first five dashes, and how many there are.
  private static func dashes(in fileName: String) -> (InlineArray<5, Int>, Int) {
    var (places, found) = (InlineArray<5, Int>(repeating: 0), 0)
    var offset = 0
    for byte in fileName.utf8 {
      if byte == UInt8(ascii: "-") {
        if found < 5 { places[found] = offset }
        found += 1
      }
      offset += 1
    }
    return (places, found)
  }
}
