internal import CExpat
internal import Glibc

/// Is told what stands in a text, in its order.
public protocol XMLVisitor: AnyObject {
  /// An element begins.
  func start(_ tag: borrowing XMLTag)
  /// An element ends; the tag has no attributes.
  func end(_ tag: borrowing XMLTag)
  /// Text, in pieces of any length.
  func text(_ bytes: UnsafeRawBufferPointer)
}

/// An element's tag, valid while its event lasts; namespaces are passed over.
public struct XMLTag: ~Copyable {
  private let pointer: UnsafePointer<CChar>
  private let values: UnsafePointer<UnsafePointer<CChar>?>?

  fileprivate init(_ pointer: UnsafePointer<CChar>, values: UnsafePointer<UnsafePointer<CChar>?>? = nil) {
    self.pointer = Self.local(pointer)
    self.values = values
  }

  /// The local name.
  public var name: String { String(cString: pointer) }

  /// Whether the element is called so.
  public func isNamed(_ name: StaticString) -> Bool { Self.equal(pointer, name) }

  /// The value of an attribute.
  public subscript(_ attribute: StaticString) -> String? {
    guard let values else { return nil }
    // Names and values in turn, until a null.
    var index = 0
    while let name = values[index], let value = values[index + 1] {
      if Self.equal(Self.local(name), attribute) { return String(cString: value) }
      index += 2
    }
    return nil
  }

  /// All attributes by their local names.
  public var attributes: [String: String] {
    guard let values else { return [:] }
    var attributes: [String: String] = [:]
    var index = 0
    while let name = values[index], let value = values[index + 1] {
      attributes[String(cString: Self.local(name))] = String(cString: value)
      index += 2
    }
    return attributes
  }

  /// What follows the namespace's prefix.
  private static func local(_ name: UnsafePointer<CChar>) -> UnsafePointer<CChar> {
    strchr(name, Int32(UInt8(ascii: ":"))).map { UnsafePointer($0 + 1) } ?? name
  }

  private static func equal(_ text: UnsafePointer<CChar>, _ name: StaticString) -> Bool {
    strncmp(text, name.cString, name.utf8CodeUnitCount) == 0 && text[name.utf8CodeUnitCount] == 0
  }
}

/// Parses a text that comes in pieces and tells a visitor.
///
/// Nothing outside of the text is ever opened, a document type is refused, and with it every entity but XML's own five: a
/// few lines of entities can stand for gigabytes.
public final class XMLStream {
  private let parser: OpaquePointer
  private let visitor: any XMLVisitor
  private let box: Unmanaged<Box>

  /// Starts at the beginning of a text.
  public init(_ visitor: any XMLVisitor) {
    self.visitor = visitor
    let box = Unmanaged.passRetained(Box(visitor))
    guard
      let parser = cexpat_open(
        box.toOpaque(),
        { context, name, attributes in
          guard let context, let name else { return }
          Box.visitor(context).start(XMLTag(name, values: attributes))
        },
        { context, name in
          guard let context, let name else { return }
          Box.visitor(context).end(XMLTag(name))
        },
        { context, bytes, size in
          guard let context else { return }
          Box.visitor(context).text(UnsafeRawBufferPointer(start: bytes, count: size))
        })
    else { fatalError("expat could not allocate a parser") }
    self.parser = parser
    self.box = box
  }

  /// Carries the visitor through C.
  private final class Box {
    unowned let visitor: any XMLVisitor
    init(_ visitor: any XMLVisitor) { self.visitor = visitor }
    static func visitor(_ context: UnsafeMutableRawPointer) -> any XMLVisitor {
      Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().visitor
    }
  }

  deinit {
    cexpat_close(parser)
    box.release()
  }

  /// Parses the next piece.
  public func feed(_ bytes: UnsafeRawBufferPointer) throws(XMLParseError) {
    for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
      try feed(bytes.baseAddress.map { $0 + start }, min(1 << 20, bytes.count - start), last: false)
    }
  }

  /// Ends the text, which has to be whole.
  public func finish() throws(XMLParseError) { try feed(nil, 0, last: true) }

  private func feed(_ bytes: UnsafeRawPointer?, _ count: Int, last: Bool) throws(XMLParseError) {
    var problem = cexpat_problem()
    guard cexpat_feed(parser, bytes, count, last ? 1 : 0, &problem) != 0 else { return }
    let reason = problem.reason.map { String(cString: $0) } ?? "it is not well-formed"
    throw XMLParseError(line: Int(problem.line), column: Int(problem.column), reason: reason)
  }
}

extension StaticString {
  fileprivate var cString: UnsafePointer<CChar> {
    UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
