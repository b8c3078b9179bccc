public import JSON

extension FindingReport {
  /// The report in the Static Analysis Results Interchange Format (OASIS SARIF 2.1.0).
  ///
  /// - Parameter version: The version of this program.
  public func sarif(version: String) -> JSONValue {
    let numbers = Dictionary(uniqueKeysWithValues: rules.enumerated().map { ($1.id, $0) })
    return .object([
      "$schema": .string("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"),
      "version": .string("2.1.0"),
      "runs": .array([
        .object([
          "tool": .object([
            "driver": .object([
              "name": .string("drydock"), "version": .string(version), "rules": .array(rules.map(Self.sarif)),
            ])
          ]),
          "columnKind": .string("unicodeCodePoints"),
          "results": .array(findings.map { Self.sarif($0, number: numbers[$0.rule.id] ?? 0) }),
        ])
      ]),
    ])
  }

  private static func sarif(_ rule: Finding.Rule) -> JSONValue {
    .object([
      "id": .string(rule.id), "shortDescription": message(rule.summary), "fullDescription": message(rule.explanation),
      "help": message(rule.explanation),
      "defaultConfiguration": .object(["level": .string(rule.severity.sarifLevel)]),
    ])
  }

  private static func sarif(_ finding: Finding, number: Int) -> JSONValue {
    var location: [JSONMember] = []
    if let place = finding.place { location.append(JSONMember("physicalLocation", sarif(place))) }
    if let subject = finding.subject {
      location.append(JSONMember("logicalLocations", .array([.object(["fullyQualifiedName": .string(subject)])])))
    }
    return .object([
      "ruleId": .string(finding.rule.id), "ruleIndex": .integer(number),
      "level": .string(finding.severity.sarifLevel),
      "message": message(finding.message + (finding.hint.map { "\nhint: \($0)" } ?? "")),
      "locations": location.isEmpty ? nil : .array([.object(location)]),
      "partialFingerprints": .object(["drydock/v1": .string(finding.fingerprint)]),
      "properties": .object(["severity": .string(finding.severity.rawValue)]),
    ])
  }

  private static func message(_ text: String) -> JSONValue { .object(["text": .string(text)]) }

  private static func sarif(_ place: Finding.Place) -> JSONValue {
    .object([
      "artifactLocation": .object(["uri": .string(uri(place.file))]),
      "region": place.line.map { line in
        .object(["startLine": .integer(line), "startColumn": place.column.map { .integer($0) }])
      },
    ])
  }

  /// A path as a URI reference (RFC 3986, section 4.2): what a path may not hold is escaped, and a colon in its first part
  /// would read as a scheme.
  static func uri(_ path: String) -> String {
    let digits = Array("0123456789ABCDEF")
    var escaped = path.hasPrefix("/") ? "file://" : ""
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: "/"):
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      default: escaped += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
    return escaped
  }
}
