/// An element with all that stands in it; namespaces are passed over.
public struct XMLElement: Sendable, Hashable {
  /// The local name.
  public let name: String
  /// The attributes by their local names.
  public let attributes: [String: String]
  /// The elements inside, in their order.
  public private(set) var children: [XMLElement] = []
  /// The text that stands directly in the element, without surrounding blanks.
  public private(set) var text = ""

  /// The first child of a name.
  public subscript(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  /// The children of a name.
  public func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  /// The limits of a document that is read whole.
  private enum Limit {
    static let depth = 64
    static let elements = 500_000
  }

  /// Reads a document; its root is the element.
  public init(parsing bytes: [UInt8]) throws(XMLParseError) {
    let builder = Builder()
    let stream = XMLStream(builder)
    var failure: XMLParseError?
    bytes.withUnsafeBytes { bytes in
      do throws(XMLParseError) {
        try stream.feed(bytes)
        try stream.finish()
      } catch { failure = error }
    }
    if let failure { throw failure }
    guard let root = builder.root else {
      throw XMLParseError(
        line: 0, column: 0,
        reason: builder.isTooLarge
          ? "more than \(Limit.elements) elements, or more than \(Limit.depth) inside each other" : "it has no element")
    }
    self = root
  }

  private init(_ tag: borrowing XMLTag) {
    name = tag.name
    attributes = tag.attributes
  }

  private final class Builder: XMLVisitor {
    private var open: [(element: XMLElement, text: [UInt8])] = []
    private var count = 0
    private(set) var root: XMLElement?
    private(set) var isTooLarge = false

    func start(_ tag: borrowing XMLTag) {
      count += 1
      if count > Limit.elements || open.count >= Limit.depth { isTooLarge = true }
      if !isTooLarge { open.append((XMLElement(tag), [])) }
    }

    func end(_ tag: borrowing XMLTag) {
      guard !isTooLarge, var (element, text) = open.popLast() else { return }
      func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
      while let last = text.last, isBlank(last) { text.removeLast() }
      element.text = String(decoding: text.drop(while: isBlank), as: UTF8.self)
      if open.isEmpty { root = element } else { open[open.count - 1].element.children.append(element) }
    }

    func text(_ bytes: UnsafeRawBufferPointer) {
      if !isTooLarge, !open.isEmpty { open[open.count - 1].text.append(contentsOf: bytes) }
    }
  }
}
