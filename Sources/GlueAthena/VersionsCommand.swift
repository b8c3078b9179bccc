import Host
import JSON

/// `glue-athena versions`: what is installed beside what is locked.
struct VersionsCommand {
  let format: OutputFormat
  let container: Container

  /// One line of the list.
  struct Row: Equatable, Sendable {
    let name: String
    let installed: String?
    let locked: String?
  }

  /// Writes the list.
  func run() -> Int32 {
    let layout = Layout.detect(in: container)
    let lock = try? LockedImage(in: container)
    let installed = InstalledPackage.python(in: layout.python?.packageDirectories ?? [])
    let programs = [
      Row(name: "glue-athena", installed: GlueAthena.version, locked: nil),
      Row(name: "python", installed: layout.python?.version, locked: lock?.pythonVersion),
      Row(name: "java", installed: layout.java?.version, locked: lock?.javaVersion),
      Row(name: "spark", installed: layout.spark?.version, locked: lock?.pythonVersion(of: "pyspark")),
    ]
    let python = Self.rows(installed, lock?.python)
    let debian = Self.rows(
      InstalledPackage.debian(status: container.path("/var/lib/dpkg/status")) ?? [], lock?.debian)
    switch format {
    case .text:
      Terminal.write(
        Self.table([("", programs), ("python packages", python), ("debian packages", debian)]), to: .output)
    case .json:
      let value = JSONValue.object([
        "layout": .string(layout.kind.rawValue),
        "programs": .array(programs.map(\.json)),
        "python": .array(python.map(\.json)),
        "debian": .array(debian.map(\.json)),
      ])
      Terminal.write(value.text(.pretty) + "\n", to: .output)
    }
    return 0
  }

  /// The packages of a lock; without a lock, or where it locks none of the kind, all that are installed.
  private static func rows(_ installed: [InstalledPackage], _ locked: [InstalledPackage]?) -> [Row] {
    guard let locked, !locked.isEmpty else {
      return installed.map { Row(name: $0.name, installed: $0.version, locked: nil) }
    }
    let versions = Dictionary(installed.map { ($0.name, $0.version) }) { first, _ in first }
    return locked.map { Row(name: $0.name, installed: versions[$0.name], locked: $0.version) }
  }

  private static func table(_ sections: [(title: String, rows: [Row])]) -> String {
    let rows = sections.flatMap(\.rows)
    let width = rows.map(\.name.count).max() ?? 0
    let column = rows.map { ($0.installed ?? "-").count }.max() ?? 0
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    var output = ""
    for section in sections where !section.rows.isEmpty {
      if !section.title.isEmpty { output += "\n\(section.title)\n" }
      for row in section.rows {
        let note =
          switch (row.installed, row.locked) {
          case (_, nil): ""
          case (let installed, let locked?) where installed == locked: "as locked"
          case (_, let locked?): "locked \(locked)"
          }
        var line = "  \(padded(row.name, width))  \(padded(row.installed ?? "-", column))  \(note)"
        while line.last == " " { line.removeLast() }
        output += line + "\n"
      }
    }
    return output
  }
}

extension VersionsCommand.Row {
  var json: JSONValue {
    .object([
      "name": .string(name), "installed": installed.map { .string($0) }, "locked": locked.map { .string($0) },
    ])
  }
}
