/// Is the file name of a wheel, taken apart (PEP 427, "File name convention").
public struct WheelName: Hashable, Sendable {
  /// Orders builds of the same version: the leading number first, then the rest as text.
  public struct BuildTag: Hashable, Comparable, Sendable {
    /// The digits that the tag starts with.
    public let number: UInt64
    /// What follows them.
    public let suffix: String

    /// Orders builds by number, then by suffix.
    public static func < (left: BuildTag, right: BuildTag) -> Bool {
      (left.number, left.suffix) < (right.number, right.suffix)
    }
  }

  /// The distribution.
  public let project: PackageName
  /// Its version.
  public let version: PEP440Version
  /// The build tag, if there is one.
  public let build: BuildTag?
  /// The compressed tag set as written, for example `cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64`.
  ///
  /// A project may have thousands of wheels, of which a resolution looks at a few: the set is only expanded on demand.
  public let compressedTags: String

  /// Reads `{distribution}-{version}(-{build tag})?-{python tag}-{abi tag}-{platform tag}.whl`.
  public init(parsing fileName: String) throws(VersionNotationError) {
    let bytes = Array(fileName.utf8)
    func failure(_ column: Int, _ expected: String) -> VersionNotationError {
      VersionNotationError(subject: "wheel name", text: fileName, column: column, expected: expected)
    }
    guard bytes.count > 4, bytes.suffix(4).elementsEqual(".whl".utf8) else {
      throw failure(max(bytes.count, 1), "the ending '.whl'")
    }
    let dashes = bytes.indices.filter { bytes[$0] == UInt8(ascii: "-") }
    guard dashes.count == 4 || dashes.count == 5 else {
      throw failure(bytes.count, "four or five '-'")
    }
    func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    project = try PackageName(parsing: part(0..<dashes[0]))
    version = try PEP440Version(parsing: part(dashes[0] + 1..<dashes[1]))
    if dashes.count == 5 {
      var scanner = UTF8Scanner(part(dashes[1] + 1..<dashes[2]))
      guard let number = scanner.takeNumber() else {
        throw failure(dashes[1] + 2, "a build tag that starts with a digit")
      }
      build = BuildTag(number: number, suffix: scanner.text(scanner.position..<scanner.bytes.count))
    } else {
      build = nil
    }
    let tagStart = dashes[dashes.count - 3] + 1
    compressedTags = part(tagStart..<bytes.count - 4)
    let ends = dashes.suffix(2) + [bytes.count - 4]
    guard zip([tagStart - 1] + ends, ends).allSatisfy({ $0 + 1 < $1 }) else {
      throw failure(tagStart + 1, "three tags that are not empty")
    }
  }

  /// The tags that the compressed set stands for (PEP 425, "Compressed Tag Sets").
  public var tags: [WheelTag] {
    WheelTag.expand(compressedTags)
  }
}
