/// Reads typed values out of nodes and collects every fault, so that a person sees all of them at once.
///
/// Each method answers nil after noting a fault; the caller ends with ``finish(_:)``.
public struct YAMLReader: ~Copyable {
  /// The faults so far, in the order of the text once finished.
  public private(set) var diagnostics: [YAMLDiagnostic] = []

  /// Starts with no fault.
  public init() {}

  /// Notes a fault.
  public mutating func report(_ node: YAMLNode, _ message: String, hint: String? = nil) {
    diagnostics.append(YAMLDiagnostic(at: node.position, message, hint: hint))
  }

  /// Reads a mapping that may have only these keys.
  public mutating func mapping(_ node: YAMLNode, _ what: String, keys: [String]) -> [String: YAMLNode]? {
    guard let entries = entries(node, what) else { return nil }
    var values: [String: YAMLNode] = [:]
    for entry in entries {
      if keys.contains(entry.key) {
        if !entry.value.isNull { values[entry.key] = entry.value }
      } else {
        let hint = Self.nearest(to: entry.key, in: keys).map { "did you mean '\($0)'?" }
        diagnostics.append(
          YAMLDiagnostic(
            at: entry.position, "'\(entry.key)' is no key of \(what)",
            hint: hint ?? "the keys are \(keys.joined(separator: ", "))"))
      }
    }
    return values
  }

  /// Reads a mapping with free keys.
  public mutating func entries(_ node: YAMLNode, _ what: String) -> [YAMLNode.Entry]? {
    guard case .mapping(let entries) = node.content else {
      report(node, "expected \(what) as a mapping of keys and values")
      return nil
    }
    return entries
  }

  /// Reads text that is not empty.
  public mutating func text(_ node: YAMLNode, _ what: String) -> String? {
    guard case .scalar(let text, _) = node.content, !text.isEmpty else {
      report(node, "expected \(what) as text")
      return nil
    }
    return text
  }

  /// Reads a list of texts.
  public mutating func texts(_ node: YAMLNode, _ what: String) -> [String]? {
    guard let nodes = list(node, what) else { return nil }
    var texts: [String] = []
    for node in nodes { if let text = text(node, what) { texts.append(text) } }
    return texts
  }

  /// Reads a list.
  public mutating func list(_ node: YAMLNode, _ what: String) -> [YAMLNode]? {
    guard case .sequence(let nodes) = node.content else {
      report(node, "expected \(what) as a list")
      return nil
    }
    return nodes
  }

  /// Reads free keys with texts as values.
  public mutating func textMap(_ node: YAMLNode, _ what: String) -> [String: String]? {
    guard let entries = entries(node, what) else { return nil }
    var map: [String: String] = [:]
    for entry in entries {
      guard case .scalar(let text, _) = entry.value.content else {
        report(entry.value, "expected the value of '\(entry.key)' as text")
        continue
      }
      map[entry.key] = text
    }
    return map
  }

  /// Reads a whole number within a range.
  public mutating func integer(_ node: YAMLNode, _ what: String, in range: ClosedRange<Int>) -> Int? {
    guard case .scalar(let text, plain: true) = node.content, let value = Int(text), range.contains(value) else {
      report(node, "expected \(what) as a whole number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return value
  }

  /// Reads `true` or `false`.
  public mutating func boolean(_ node: YAMLNode, _ what: String) -> Bool? {
    switch node.content {
    case .scalar("true", plain: true): return true
    case .scalar("false", plain: true): return false
    default:
      report(node, "expected \(what) as true or false")
      return nil
    }
  }

  /// Reads a time as Docker and Go write it: `500ms`, `30s`, `5m`, `1h`.
  public mutating func duration(_ node: YAMLNode, _ what: String) -> Duration? {
    if case .scalar(let text, _) = node.content {
      let digits = text.prefix { $0.isASCII && $0.isNumber }
      let units: [Substring: Duration] = [
        "ms": .milliseconds(1), "s": .seconds(1), "m": .seconds(60), "h": .seconds(3600),
      ]
      if let count = Int(digits), count < 1_000_000, let unit = units[text.dropFirst(digits.count)] {
        return unit * count
      }
    }
    report(node, "expected \(what) as a time, for example 500ms, 30s or 5m")
    return nil
  }

  /// Throws the faults, if there are any.
  public consuming func finish() throws(YAMLFaults) {
    let ordered = diagnostics.sorted {
      ($0.position.line, $0.position.column) < ($1.position.line, $1.position.column)
    }
    if !ordered.isEmpty { throw YAMLFaults(diagnostics: ordered) }
  }

  /// The word among these that is most like a given one, when one is like it at all.
  public static func nearest(to word: String, in candidates: [String]) -> String? {
    let scored = candidates.map { (distance: editDistance($0, word), candidate: $0) }
    guard let best = scored.min(by: { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }),
      best.distance <= max(1, word.count / 3)
    else { return nil }
    return best.candidate
  }

  /// The number of letters to insert, remove or replace between two words (Levenshtein).
  private static func editDistance(_ first: String, _ second: String) -> Int {
    let columns = Array(second.lowercased())
    var row = Array(0...columns.count)
    for (index, letter) in first.lowercased().enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in columns.indices {
        let above = row[column + 1]
        row[column + 1] = min(above + 1, row[column] + 1, diagonal + (letter == columns[column] ? 0 : 1))
        diagonal = above
      }
    }
    return row[columns.count]
  }
}

/// All that is wrong in one YAML text, in its order.
public struct YAMLFaults: Error, Sendable, Equatable {
  /// At least one fault.
  public let diagnostics: [YAMLDiagnostic]
  /// Wraps faults.
  public init(diagnostics: [YAMLDiagnostic]) { self.diagnostics = diagnostics }
}
