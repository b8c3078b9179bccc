import Building
import Findings
import JSON

/// What tells one image from another, as text, JSON and a page.
struct DifferenceReport {
  let first: String
  let second: String
  let difference: ImageDifference

  private var sections: [(name: String, changes: [ImageDifference.Change])] {
    [
      ("packages", difference.packages), ("config", difference.config), ("files", difference.files),
      ("layers", difference.layers),
    ]
  }

  /// A line for each change: `+` added, `-` removed, `~` changed.
  var text: String {
    if difference.isEmpty { return "no difference\n" }
    return sections.filter { !$0.changes.isEmpty }.map { name, changes in
      "\(name): \(changes.count)\n" + changes.map(Self.line).joined()
    }.joined()
  }

  private static func line(_ change: ImageDifference.Change) -> String {
    let notes = notes(change).joined(separator: ", ")
    return VisibleText.escape("  \(sign(change.kind)) \(change.name)" + (notes.isEmpty ? "" : "  (\(notes))")) + "\n"
  }

  private static func notes(_ change: ImageDifference.Change) -> [String] {
    change.details.map(text) + (change.step.map { ["made by '\($0)'"] } ?? [])
  }

  private static func text(_ detail: ImageDifference.Detail) -> String {
    switch (detail.first, detail.second) {
    case (let first?, let second?): "\(detail.aspect) \(first) → \(second)"
    case (let lone?, nil), (nil, let lone?): "\(detail.aspect) \(lone)"
    case (nil, nil): detail.aspect
    }
  }

  private static func sign(_ kind: ImageDifference.Kind) -> String {
    switch kind {
    case .added: "+"
    case .removed: "-"
    case .changed: "~"
    }
  }

  /// Both images by name, and a list of changes for each section, also for those without any.
  var json: JSONValue {
    .object(
      [
        JSONMember("first", .string(first)), JSONMember("second", .string(second)),
        JSONMember("same", .bool(difference.isEmpty)),
      ] + sections.map { name, changes in JSONMember(name, .array(changes.map(Self.json))) })
  }

  private static func json(_ change: ImageDifference.Change) -> JSONValue {
    .object([
      "change": .string(change.kind.rawValue), "name": .string(change.name), "step": change.step.map(JSONValue.string),
      "details": .array(
        change.details.map { detail in
          .object([
            "aspect": .string(detail.aspect), "first": detail.first.map(JSONValue.string),
            "second": detail.second.map(JSONValue.string),
          ])
        }),
    ])
  }

  /// A page that loads nothing from elsewhere.
  var html: String {
    let title = XMLText.escape("\(first) → \(second)")
    var page = """
      <!DOCTYPE html>
      <html lang="en">
      <head><meta charset="utf-8"><title>\(title)</title>
      <style>
      body { font: 15px sans-serif; margin: 2em } td { padding: 0.1em 1em 0.1em 0; vertical-align: top }
      .added { color: #060 } .removed { color: #900 } .changed { color: #630 } code { font-size: 13px }
      </style></head>
      <body>
      <h1>\(title)</h1>

      """
    if difference.isEmpty { page += "<p>No difference.</p>\n" }
    for (name, changes) in sections where !changes.isEmpty {
      page += "<h2>\(name): \(changes.count)</h2>\n<table>\n"
      for change in changes {
        let details = Self.notes(change).map(XMLText.escape).joined(separator: "<br>")
        page += "<tr class=\"\(change.kind.rawValue)\"><td>\(change.kind.rawValue)</td>"
        page += "<td><code>\(XMLText.escape(change.name))</code></td><td>\(details)</td></tr>\n"
      }
      page += "</table>\n"
    }
    return page + "</body>\n</html>\n"
  }
}
