internal import CYAML

extension YAMLNode {
  /// The limits of a text: a specification that people write never comes near them.
  private enum Limit {
    static let depth = 32
    static let nodes = 100_000
  }

  /// Reads one YAML document.
  ///
  /// Refused are: keys that stand twice in one mapping, keys that are no text, aliases (a few lines of them can stand
  /// for gigabytes), and a second document.
  public init(parsing text: String) throws(YAMLDiagnostic) {
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else { fatalError("libyaml could not allocate a parser") }
    defer { yaml_parser_delete(&parser) }
    let bytes = Array(text.utf8)
    var outcome: Result<YAMLNode, YAMLDiagnostic>?
    bytes.withUnsafeBufferPointer { buffer in
      yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
      do throws(YAMLDiagnostic) {
        var reader = EventReader(parser: &parser)
        outcome = .success(try reader.document())
      } catch {
        outcome = .failure(error)
      }
    }
    guard let outcome else { fatalError("a YAML text was neither read nor refused") }
    self = try outcome.get()
  }

  /// Builds nodes from libyaml's events.
  private struct EventReader {
    let parser: UnsafeMutablePointer<yaml_parser_t>
    var count = 0

    init(parser: UnsafeMutablePointer<yaml_parser_t>) { self.parser = parser }

    /// One event, reduced to what a node needs.
    enum Event {
      case scalar(String, plain: Bool)
      case sequenceStart, sequenceEnd, mappingStart, mappingEnd
      case alias
      case documentStart, documentEnd, streamStart, streamEnd
    }

    mutating func next() throws(YAMLDiagnostic) -> (Event, Position) {
      var event = yaml_event_t()
      guard yaml_parser_parse(parser, &event) == 1 else {
        let mark = parser.pointee.problem_mark
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
        throw YAMLDiagnostic(
          at: Position(line: Int(mark.line) + 1, column: Int(mark.column) + 1), "not YAML: \(problem)")
      }
      defer { yaml_event_delete(&event) }
      let position = Position(line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
      switch event.type {
      case YAML_SCALAR_EVENT:
        let text = UnsafeBufferPointer(start: cyaml_scalar_value(&event), count: cyaml_scalar_length(&event))
        return (.scalar(String(decoding: text, as: UTF8.self), plain: cyaml_scalar_is_plain(&event) != 0), position)
      case YAML_SEQUENCE_START_EVENT: return (.sequenceStart, position)
      case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, position)
      case YAML_MAPPING_START_EVENT: return (.mappingStart, position)
      case YAML_MAPPING_END_EVENT: return (.mappingEnd, position)
      case YAML_ALIAS_EVENT: return (.alias, position)
      case YAML_DOCUMENT_START_EVENT: return (.documentStart, position)
      case YAML_DOCUMENT_END_EVENT: return (.documentEnd, position)
      case YAML_STREAM_START_EVENT: return (.streamStart, position)
      default: return (.streamEnd, position)
      }
    }

    mutating func document() throws(YAMLDiagnostic) -> YAMLNode {
      _ = try next()
      let (start, position) = try next()
      guard case .documentStart = start else { throw YAMLDiagnostic(at: position, "the file is empty") }
      let (first, place) = try next()
      let node = try node(first, at: place, depth: 0)
      _ = try next()
      let (end, extra) = try next()
      guard case .streamEnd = end else {
        throw YAMLDiagnostic(at: extra, "a second document starts here, expected only one")
      }
      return node
    }

    mutating func node(_ event: Event, at position: Position, depth: Int) throws(YAMLDiagnostic) -> YAMLNode {
      count += 1
      guard depth <= Limit.depth, count <= Limit.nodes else {
        throw YAMLDiagnostic(at: position, "nested deeper than \(Limit.depth) or more than \(Limit.nodes) values")
      }
      switch event {
      case .scalar(let text, let plain): return YAMLNode(content: .scalar(text, plain: plain), position: position)
      case .sequenceStart:
        var elements: [YAMLNode] = []
        while true {
          let (event, place) = try next()
          if case .sequenceEnd = event { return YAMLNode(content: .sequence(elements), position: position) }
          elements.append(try node(event, at: place, depth: depth + 1))
        }
      case .mappingStart: return try mapping(at: position, depth: depth)
      default:
        throw YAMLDiagnostic(
          at: position, "aliases ('*name') are not read here", hint: "write the value out where it is used")
      }
    }

    private mutating func mapping(at position: Position, depth: Int) throws(YAMLDiagnostic) -> YAMLNode {
      var entries: [Entry] = []
      var seen: [String: Position] = [:]
      while true {
        let (event, place) = try next()
        if case .mappingEnd = event { return YAMLNode(content: .mapping(entries), position: position) }
        guard case .scalar(let key, _) = event else { throw YAMLDiagnostic(at: place, "a key must be text") }
        if let first = seen.updateValue(place, forKey: key) {
          throw YAMLDiagnostic(at: place, "the key '\(key)' stands here twice, first on line \(first.line)")
        }
        let (valueEvent, valuePlace) = try next()
        let value = try node(valueEvent, at: valuePlace, depth: depth + 1)
        entries.append(Entry(key: key, position: place, value: value))
      }
    }
  }
}
